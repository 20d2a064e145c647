"""Fuzz target: an answer's head and the length of its body.

Each input is cut behind its first empty line, as whoever receives it does, and goes to our reader and to a slow one
that is written down here. They must agree on refusing it and with which status, and on everything that was read. What
was read, written out again, must read the same; and a head that is cut anywhere must be refused.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Final

from evenflow.wire.faults import ProtocolFault
from evenflow.wire.framing import response_body
from evenflow.wire.http1 import ResponseHead, find_loose_head_end
from fuzz import mutation

CHUNKED: Final = -1
UNTIL_CLOSE: Final = -2

CORPUS: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
    b"HTTP/1.1 200 \r\nDate: Sat, 01 Jan 2022 00:00:00 GMT\r\nServer: x\r\nContent-Type: text/html;charset=UTF-8\r\n"
    b"Set-Cookie: a=b; Path=/; HttpOnly\r\nSet-Cookie: c=d\r\nTransfer-Encoding: chunked\r\n"
    b"Connection: keep-alive\r\n\r\n",
    b"HTTP/1.0 302\nLocation: http://a/b\nContent-Location:\t/x  \n\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nKeep-Alive: timeout=5\r\nVary: a,\r\n b\r\n\tc\r\n\r\n',
    b"HTTP/1.1 999 \xe9t\xe9\r\nConnection: close\r\na:\r\n\r\n",
)

WORDS: Final = (
    b"Content-Length: 2",
    b"Content-Length: 3",
    b"Content-Length: 18446744073709551621",
    b"Content-Length: -1",
    b"Transfer-Encoding: Chunked",
    b"Transfer-Encoding: identity",
    b"Connection: close, x",
    b" folded",
    b"\t",
    b"no colon",
    b"a b: c",
    b"HTTP/1.1 204 No Content",
    b"HTTP/1.9 100",
    b"HTTP/2 200",
    b"\r\n",
    b"\n",
    b"\r",
    b"\n\n",
    b"y" * 9000,
)

STATUS_LINE: Final = re.compile(rb"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: (.*))?", re.DOTALL)
FIELD_LINE: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True)
class Reading:
    """What an answer's head says; `bodies` are its body's lengths behind GET and behind HEAD, or why there is none."""

    version: int
    status: int
    reason: bytes
    fields: list[tuple[bytes, bytes]]
    bodies: tuple[int | str, int | str]


class Refused(Exception):
    """With the status that the client gets."""


def read_slowly(data: bytes) -> Reading:
    """The reference: the same rules, said another way."""
    first, *rest = re.split(rb"\r?\n", data)
    line = STATUS_LINE.fullmatch(first)
    if not line or not rest:
        raise Refused(502)
    if CONTROL.search(line[3] or b""):
        raise Refused(500)
    lines: list[bytes] = []
    for piece in rest:
        if piece[:1] in (b" ", b"\t") and lines:
            lines[-1] = lines[-1].rstrip(b" \t") + b" " + piece.lstrip(b" \t")
        else:
            lines.append(piece)
    # Behind the empty line that ends a head stands nothing; what stands there otherwise is a line that broke off.
    complete = lines[-2:] == [b"", b""]
    lines = lines[: -2 if complete else -1]
    fields = [judge_field(piece) for piece in lines]
    if not complete or any(CONTROL.search(piece) for piece in lines):
        raise Refused(500)
    status = int(line[2])
    bodies = (body_length(fields, status, False), body_length(fields, status, True))
    return Reading(10 if line[1] == b"0" else 11, status, line[3] or b"", fields, bodies)


def judge_field(text: bytes) -> tuple[bytes, bytes]:
    """One field line, or the reason why it is none."""
    if len(text) > 8192:
        raise Refused(502)
    field = FIELD_LINE.fullmatch(text)
    if field:
        return field[1], field[2]
    raise Refused(502 if b":" not in text and text[:1] not in (b" ", b"\t") else 500)


def body_length(fields: list[tuple[bytes, bytes]], status: int, to_head: bool) -> int | str:
    """RFC 9112 section 6.3 for answers."""
    lengths = [value for name, value in fields if name.lower() == b"content-length"]
    codings = [value.lower() for name, value in fields if name.lower() == b"transfer-encoding"]
    numbers = set()
    for length in lengths:
        digits = length.lstrip(b"0") or b"0"
        if not re.fullmatch(rb"[0-9]+", length) or len(digits) > 19 or int(digits) >= 1 << 62:
            return "refused with 502"
        numbers.add(int(digits))
    if len(numbers) > 1 or set(codings) - {b"chunked"}:
        return "refused with 502"
    if to_head or status < 200 or status in (204, 304):
        return 0
    if codings:
        return CHUNKED
    return numbers.pop() if numbers else UNTIL_CLOSE


def body_of(head: ResponseHead, to_head: bool) -> int | str:
    """What our reader says of the body."""
    try:
        return response_body(head, to_head)
    except ProtocolFault as fault:
        return f"refused with {fault.status}"


def find_end_slowly(data: bytes) -> int:
    """The position behind the first empty line, or -1."""
    found = re.search(rb"\n\r?\n", data)
    return found.end() if found else -1


def check(data: bytes, rng: random.Random) -> int:
    """Show one input to both; AssertionError where they differ."""
    end = find_loose_head_end(data, 0, len(data))
    assert end == find_end_slowly(data)
    if end >= 0:
        data = data[:end]
    expected: Reading | int
    try:
        expected = read_slowly(data)
    except Refused as refusal:
        expected = refusal.args[0]
    head = ResponseHead()
    try:
        head.parse(data)
    except ProtocolFault as fault:
        assert fault.status == expected, f"refused with {fault.status}, {fault.message}; expected {expected}"
        return -1
    fields = head.pairs()
    found = Reading(head.version, head.status, head.reason, fields, (body_of(head, False), body_of(head, True)))
    assert found == expected, f"{found} is not {expected}"
    names = [name.lower() for name, _ in fields]
    assert head.repeated == (len(set(names)) < len(names))
    again = ResponseHead()
    written = b"HTTP/1.1 %d %b\r\n" % (head.status, head.reason) + b"".join(b"%b: %b\r\n" % field for field in fields)
    again.parse(written + b"\r\n", 0)
    assert (again.status, again.reason, again.pairs()) == (head.status, head.reason, fields)
    check_cut(data, rng.randrange(end))
    return end


def check_cut(data: bytes, length: int) -> None:
    """A head that breaks off is refused."""
    try:
        ResponseHead().parse(data[:length])
    except ProtocolFault:
        return
    raise AssertionError(f"accepted although it ends after {length} bytes")


if __name__ == "__main__":
    mutation.main("response_head", check, CORPUS, WORDS)
