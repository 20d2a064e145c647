"""Fuzz target: an expression, as a condition and as a text.

Each input is read both ways, and what is accepted is asked for a request. Nothing may be raised but the refusal, whose
place lies inside the input. Laws that hold for every condition: its negation is accepted and says the opposite, unless
the evaluation fails; in parentheses, and beside a `true`, it says the same; reading it twice gives the same.
"""

from __future__ import annotations

import random
import re
from typing import Final

from evenflow.compiler.expr import compile_condition, compile_text, scan
from evenflow.compiler.findings import Refused
from evenflow.origin import NOWHERE
from evenflow.plan.decision import Inquiry
from evenflow.plan.expr import holds, write
from evenflow.plan.model import ConnectionFacts, Plan, VirtualHost
from evenflow.wire.http1 import RequestHead
from fuzz import mutation

CORPUS: Final = (
    b"%{REQUEST_URI} =~ m#^/(wiki|jira)/(.*)$#i && '$2' != \"\"",
    b"not (%{HTTP:X-Forwarded-Proto} == 'https' or -z %{req:Cookie}) and %{REMOTE_ADDR} -ipmatch '10.0.0.0/8'",
    b"'a' . \"%{tolower:%{QUERY_STRING}}\".'\\x41\\101' -in {'b', toupper('c'), $1} || 12 -ge '9'",
    b"-R '127.0.0.0/8' && %{HTTP_HOST} -strcmatch '*.example.com' && -T reqenv('X')",
    b"unbase64(base64(%{THE_REQUEST})) == %{THE_REQUEST} && md5('') !~ /^$/",
    b"text with %{REQUEST_METHOD} and $0 and \\$1 and %{escape:%{QUERY_STRING}} at the end",
    b"true and false or not true",
    b"%{TIME_HOUR} -lt 8 || -d '/' || filesize('/etc/hosts') -gt 0",
)

WORDS: Final = (
    b"%{", b"}", b"%{REQUEST_URI}", b"%{req:", b"%{HTTP:X}", b"$1", b"'", b'"', b"(", b")", b"{", b"}", b",", b".",
    b"==", b"=~", b"!~", b"!", b"not ", b" and ", b" or ", b"&&", b"||", b"-in ", b"-n ", b"-eq ", b"-ipmatch ",
    b"-strmatch ", b"m#(a)(b)?#i", b"/x/", b"\\", b"\\777", b"\\0", b"\\n", b"tolower(", b"md5(", b"true",
    b"99999999999", b"(" * 60, b"not " * 60, b"%{tolower:" * 40, b"'a'." * 40, b"true or " * 40, b"[a-z]+" * 5,
    b"-fnmatch '" + b"*a" * 40,
)  # fmt: skip

PLACE: Final = re.compile(r"\(character (\d+) of `")


def inquiry() -> Inquiry:
    """A request to ask about."""
    host = VirtualHost(0, b"www.example", NOWHERE)
    head = RequestHead()
    head.parse(b"GET /wiki/a%20b?X=%41 HTTP/1.1\r\nHost: www.example\r\nX: aab\r\nCookie: k=v\r\n\r\n")
    made = Inquiry(Plan(), ConnectionFacts(b"127.0.0.1", 1, b"::1", 80, False, b"", None), head, host, None)
    made.path = b"/wiki/a b"
    made.filename = b"proxy:http://b1/wiki/a b"
    made.env = {b"X": b"set"}
    return made


def check(data: bytes, rng: random.Random) -> int:
    """Read it both ways; accepted if one of them is."""
    text = data.decode("utf-8", "surrogateescape")
    read = read_as_text(text)
    return len(data) if read_as_condition(text, rng) or read else -1


def read_as_text(text: str) -> bool:
    try:
        made = compile_text(text)
    except Refused as refused:
        judge(refused, text)
        return False
    if looks_further(text):
        return True
    assert write(made, inquiry()) == write(compile_text(text), inquiry())
    return True


def read_as_condition(text: str, rng: random.Random) -> bool:
    try:
        made = compile_condition(text)
    except Refused as refused:
        judge(refused, text)
        return False
    if looks_further(text):
        return True
    held = holds(made, inquiry())
    fails = held != holds(made, inquiry(), not held)
    assert fails or holds(compile_condition(f"({text})"), inquiry()) is held
    if not fails:
        assert holds(compile_condition(f"not ({text})"), inquiry(), not held) is not held
        assert holds(compile_condition(f"({text}) and true"), inquiry(), held) is held
        assert holds(compile_condition(f"false or ({text})"), inquiry(), held) is held
    return True


def looks_further(text: str) -> bool:
    """Whether the laws do not hold for it: it makes sub-inquiries, which need a whole plan, asks for the time, or ends
    in a pattern that is never closed, which is an end for httpd too."""
    ends = [token for token in scan(text, False) if token.kind == "$end"]
    return len(ends) > 1 or re.search(r"-[UFA]|TIME", text, re.IGNORECASE) is not None


def judge(refused: Refused, text: str) -> None:
    place = PLACE.search(refused.headline)
    if place is not None:
        assert 1 <= int(place[1]) <= len(text) + 1, refused.headline


if __name__ == "__main__":
    mutation.main("expression", check, CORPUS, WORDS)
