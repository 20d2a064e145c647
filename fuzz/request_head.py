"""Fuzz target: a request's head and the length of its body.

Each input goes to our reader and to a slow one that is written down here from RFC 9112 and httpd's Strict rules with
split and regular expressions. They must agree on refusing it and with which status, and on everything that was read.
What was read, written out again, must read the same; and a head that is cut anywhere must be refused.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Final

from evenflow.wire.faults import ProtocolFault
from evenflow.wire.framing import request_body
from evenflow.wire.http1 import RequestHead
from evenflow.wire.scan import find_head_end
from fuzz import mutation

CHUNKED: Final = -1

CORPUS: Final = (
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /wiki/x?y=1&z HTTP/1.1\r\nHost: wiki.example.com:8443\r\nUser-Agent: x/1.0 (y; z)\r\nAccept: */*\r\n"
    b"Cookie: JSESSIONID=A.1; b=c\r\nConnection: keep-alive\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    b"POST /x HTTP/1.1\r\nHost: 10.0.0.1\r\nTransfer-Encoding: chunked\r\nTrailer: a\r\n\r\n0\r\n\r\n",
    b"GET http://other.example/a?b HTTP/1.1\r\nHost: a\r\nConnection: close, x-y, upgrade\r\nx-y:  1 \t\r\n\r\n",
    b"OPTIONS * HTTP/1.0\r\n\r\n",
    b"GET /s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n",
    b"put / HTTP/2.0\r\nhOST: a_b.c-d.\r\nX-Forwarded-For: 1.2.3.4\r\nx-forwarded-for: 5.6.7.8\r\nVia: 1.1 a\r\n"
    b"empty:\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: v%d\r\n" % (i, i) for i in range(60)) + b"\r\n",
)

WORDS: Final = (
    b"Host: b",
    b"Content-Length: 5",
    b"Content-Length: +5",
    b"Content-Length: 18446744073709551621",
    b"Content-Length: 4611686018427387903",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding : chunked",
    b"Connection: close",
    b"Connection: keep-alive,,te ,",
    b"a_b: 1",
    b"a^b: 1",
    b"a~b: 1",
    b" folded",
    b"no colon",
    b": no name",
    b"HTTP/1.1",
    b" HTTP/1.0\r\n",
    b"HTTP/0.9",
    b"http://",
    b"https://a",
    b"OPTIONS * ",
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"..",
    b"[::1]",
    b":65535",
    b":65536",
    b"127.0.0.1",
    b"x" * 9000,
)

TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE: Final = re.compile(rb"(" + TOKEN + rb") ([^\x00-\x20\x7f#]+) HTTP/([1-9])\.([0-9])")
FIELD_LINE: Final = re.compile(rb"(" + TOKEN + rb"):[ \t]*(.*?)[ \t]*", re.DOTALL)
CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
ABSOLUTE: Final = re.compile(rb"https?://([^/?]*)([^?]*)(?:\?(.*))?", re.DOTALL | re.IGNORECASE)
AUTHORITY: Final = re.compile(rb"(?:\[[0-9a-fA-F:.]{2,}\]|([-._~%!$&'()*+,;=0-9A-Za-z]+))(?::0*([1-9][0-9]{0,4}))?")
OCTET: Final = rb"(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
IPV4: Final = re.compile(rb"\.".join([OCTET] * 4))


@dataclass(frozen=True)
class Reading:
    """What a request's head says."""

    method: bytes
    target: bytes
    version: int
    path: bytes
    query: bytes | None
    host: bytes
    fields: list[tuple[bytes, bytes]]
    body: int


class Refused(Exception):
    """With the status that the client gets."""


def read_slowly(data: bytes) -> Reading:
    """The reference: the same rules, said another way."""
    first = data.partition(b"\n")[0]
    if b"\n" in data and first.endswith(b"\r") and len(first) - 1 > 8190:
        raise Refused(414)
    whole, end, _ = data.partition(b"\r\n\r\n")
    lines = whole.split(b"\r\n")
    line = REQUEST_LINE.fullmatch(lines[0])
    if not end or not line or len(lines) > 101:
        raise Refused(400)
    fields = []
    for text in lines[1:]:
        field = FIELD_LINE.fullmatch(text)
        if not field or len(text) > 8190 or CONTROL.search(text):
            raise Refused(400)
        fields.append((field[1], field[2]))
    method, target = line[1], line[2]
    version = 10 if line[3] + line[4] == b"10" else 11
    hosts = values(fields, b"host")
    if len(hosts) > 1 or (version == 11 and not hosts):
        raise Refused(400)
    for host in hosts:
        judge_authority(host)
    host = hosts[0] if hosts else b""
    path, query = target, None
    if target.startswith(b"/"):
        if b"?" in target:
            path, query = target.split(b"?", 1)
    elif target != b"*":
        url = ABSOLUTE.fullmatch(target)
        if not url:
            raise Refused(400)
        host, path, query = url[1], url[2] or b"/", url[3]
        judge_authority(host)
    elif method != b"OPTIONS":
        raise Refused(400)
    return Reading(method, target, version, path, query, host, fields, body_length(fields, version))


def values(fields: list[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    """Every value of a field."""
    return [value for key, value in fields if key.lower() == name]


def judge_authority(text: bytes) -> None:
    """Refuse what is no host with an optional port."""
    parts = AUTHORITY.fullmatch(text)
    if not parts or (parts[2] and int(parts[2]) > 65535):
        raise Refused(400)
    name = parts[1] or b"x"
    if name.startswith(b".") or b".." in name or (not name.strip(b"0123456789.") and not IPV4.fullmatch(name)):
        raise Refused(400)


def body_length(fields: list[tuple[bytes, bytes]], version: int) -> int:
    """RFC 9112 section 6.3 for requests, refusing whatever is doubtful."""
    lengths = values(fields, b"content-length")
    codings = values(fields, b"transfer-encoding")
    if codings:
        if lengths or version == 10 or [coding.lower() for coding in codings] != [b"chunked"]:
            raise Refused(400)
        return CHUNKED
    if not lengths:
        return 0
    digits = lengths[0].lstrip(b"0") or b"0"
    if len(lengths) > 1 or not re.fullmatch(rb"[0-9]+", lengths[0]) or len(digits) > 19 or int(digits) >= 1 << 62:
        raise Refused(400)
    return int(digits)


def check(data: bytes, rng: random.Random) -> int:
    """Show one input to both; AssertionError where they differ."""
    expected: Reading | int
    try:
        expected = read_slowly(data)
    except Refused as refusal:
        expected = refusal.args[0]
    head = RequestHead()
    try:
        head.parse(data)
        body = request_body(head)
    except ProtocolFault as fault:
        assert fault.status == expected, f"refused with {fault.status}, {fault.message}; expected {expected}"
        return -1
    fields = head.pairs()
    found = Reading(head.method, head.target, head.version, head.path, head.query, head.host, fields, body)
    assert found == expected, f"{found} is not {expected}"
    check_summary(head, fields)
    check_written_out(head, fields)
    end = find_head_end(data, 0, len(data))
    assert data[:end].endswith(b"\r\n\r\n") and data.find(b"\r\n\r\n") == end - 4
    check_cut(data, rng.randrange(end))
    return end


def check_summary(head: RequestHead, fields: list[tuple[bytes, bytes]]) -> None:
    """What the head knows of its fields beside their bytes."""
    names = [name.lower() for name, _ in fields]
    assert head.count == len(fields)
    assert head.repeated == (len(set(names)) < len(names))
    for name in names:
        assert head.get(name) == b", ".join(values(fields, name))
    said = b",".join(values(fields, b"connection")).split(b",")
    options = {option.strip(b" \t").lower() for option in said} - {b""}
    assert head.named_by_connection() == options
    assert head.closes == (b"close" in options)
    assert head.keeps == (b"keep-alive" in options)
    assert head.names_others == bool(options - {b"close", b"keep-alive", b"upgrade"})


def check_written_out(head: RequestHead, fields: list[tuple[bytes, bytes]]) -> None:
    """The same head in its plainest spelling reads the same."""
    again = RequestHead()
    again.parse(head.line + b"\r\n" + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n", 0, 0, 0)
    assert again.pairs() == fields
    assert (again.method, again.target, again.host) == (head.method, head.target, head.host)
    assert request_body(again) == request_body(head)


def check_cut(data: bytes, length: int) -> None:
    """A head that breaks off is refused."""
    try:
        RequestHead().parse(data[:length])
    except ProtocolFault:
        return
    raise AssertionError(f"accepted although it ends after {length} bytes")


if __name__ == "__main__":
    mutation.main("request_head", check, CORPUS, WORDS)
