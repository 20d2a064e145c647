"""An answer on its way out, HTTP/1.1 as the exchange wrote it, cut into what HTTP/2 frames.

It finds heads and pieces of bodies in an outlet and takes them away; chunks lose their framing. It frames nothing
itself and knows no window: whoever asks says how much may go.
"""

from __future__ import annotations

from typing import Final

from evenflow.plan.model import VirtualHost
from evenflow.wire.framing import CHUNKED, UNTIL_CLOSE, response_body
from evenflow.wire.http1 import TOKEN, ResponseHead
from evenflow.wire.outlet import Outlet

# What is awaited: `AnswerReader.state`.
HEAD = 0
"""A head, interim or final."""
LENGTH = 1
"""`left` bytes."""
CHUNK_LINE = 2
"""The line that begins a chunk, or the last one."""
CHUNK = 3
"""`left` bytes of a chunk."""
ENDLESS = 4
"""Bytes until whoever sends says that it was all: HTTP/1.0, and tunnels."""
ENDED = 5

NOT_SENT = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade", b"http2-settings")
)
"""RFC 9113 section 8.2.2."""
NOT_BEHIND: Final = NOT_SENT | {b"content-length"}
"""What no trailer may be: it would be about how the answer is framed."""


class AnswerReader:
    """See the module. After `read_head` or `read_body` has said that there is nothing, `state` says what is missing."""

    def __init__(self, to_head: bool) -> None:
        self.to_head = to_head
        self.state = HEAD
        self.left = 0
        self.status = 0
        self.head = ResponseHead()

    def read_head(self, out: Outlet) -> list[tuple[bytes, bytes]] | None:
        """The next head's fields, `:status` first; None while it is not whole. `status` is its status."""
        data = out.data
        stop = data.find(b"\r\n\r\n", out.start, out.end)
        if stop < 0:
            return None
        head = self.head
        head.parse(bytes(data[out.start : stop + 4]), 0)
        out.start = stop + 4
        self.status = head.status
        fields = [(b":status", b"%d" % head.status)]
        for name, value in head.pairs():
            lower = name.lower()
            if lower not in NOT_SENT:
                fields.append((lower, value))
        if head.status >= 200:
            self._begin_body()
        return fields

    def _begin_body(self) -> None:
        left = response_body(self.head, self.to_head)
        if left == CHUNKED:
            self.state = CHUNK_LINE
        elif left == UNTIL_CLOSE:
            self.state = ENDLESS
        else:
            self.left = left
            self.state = LENGTH if left else ENDED

    def open(self) -> None:
        """What follows is a tunnel's."""
        self.state = ENDLESS

    def read_line(self, out: Outlet) -> bool:
        """Pass over the lines between chunks; False while one is not whole. The last chunk ends the answer: exchanges
        write nothing behind it."""
        data = out.data
        start = out.start
        if data[start : start + 2] == b"\r\n":
            start += 2
        stop = data.find(b"\r\n", start, out.end)
        if stop < 0:
            return False
        size = int(bytes(data[start:stop]), 16)
        if size:
            out.start = stop + 2
            self.left = size
            self.state = CHUNK
            return True
        if out.end - stop < 4:
            return False
        out.start = stop + 4
        self.state = ENDED
        return True

    def read_body(self, out: Outlet, most: int) -> bytes:
        """At most so many bytes of the body; b"" where there is none now."""
        size = min(out.end - out.start, most)
        if self.state != ENDLESS and size > self.left:
            size = self.left
        piece = bytes(memoryview(out.data)[out.start : out.start + size])
        out.start += size
        if self.state != ENDLESS:
            self.left -= size
            if self.left == 0:
                self.state = CHUNK_LINE if self.state == CHUNK else ENDED
        return piece


def read_trailers(text: bytes, host: VirtualHost) -> list[tuple[bytes, bytes]] | None:
    """The fields that stood behind a member's chunks (RFC 9110 section 6.5), as HTTP/2 sends them; None where one of
    them is no field, or they are more or longer than `host` allows of a head."""
    found: list[tuple[bytes, bytes]] = []
    limit = host.limit_request_field_size
    for line in text.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").split(b"\r\n"):
        if not line:
            continue
        name, colon, value = line.partition(b":")
        if not colon or not is_token(name) or (limit and len(line) > limit):
            return None
        lower = name.lower()
        if lower not in NOT_BEHIND:
            found.append((lower, value.strip(b" \t")))
    most = host.limit_request_fields
    return None if most and len(found) > most else found


def is_token(name: bytes) -> bool:
    table = TOKEN
    for byte in name:
        if not table[byte]:
            return False
    return bool(name)
