"""Bytes on their way to a socket.

An outlet keeps what was written until somebody sends it. A large run of bytes can be lent instead of copied: it then
goes behind the kept ones straight from the reader's buffer, and must be sent or `settle`d before that buffer is used
again.
No I/O here.
"""

from __future__ import annotations

from typing import Final

from evenflow.wire.scan import Buffer, copy_bytes

FIRST_ROOM: Final = 2048
COPY_LIMIT = 16384
"""A run of at most so many bytes is copied: one send for all is cheaper than a gathering one."""

_DIGITS: Final = b"0123456789abcdef"


class Outlet:
    """`data[start:end]` is kept, `lent[lent_start:lent_end]` follows it."""

    def __init__(self) -> None:
        self.data = bytearray(FIRST_ROOM)
        self.start = 0
        self.end = 0
        self.lent: bytearray | None = None
        self.lent_start = 0
        self.lent_end = 0

    def pending(self) -> int:
        """How many bytes wait."""
        return self.end - self.start + self.lent_end - self.lent_start

    def clear(self) -> None:
        """Forget everything."""
        self.start = self.end = 0
        self.lent_start = self.lent_end = 0
        self.lent = None

    def make_room(self, size: int) -> None:
        """See that `size` bytes fit behind `end`."""
        if self.lent_end > self.lent_start:
            self.settle()
        if self.start == self.end:
            self.start = self.end = 0
        if self.end + size > len(self.data):
            data = self.data
            waiting = self.end - self.start
            # Where half of it is enough, what waits goes to the front (it cannot overlap): an outlet that never empties
            # grows with what waits, not with what went through.
            if 2 * (waiting + size) > len(data):
                data = bytearray(max(2 * len(data), waiting + size))
            copy_bytes(data, 0, self.data, self.start, self.end)
            self.data = data
            self.start = 0
            self.end = waiting

    def put(self, piece: bytes) -> None:
        """Write `piece`."""
        size = len(piece)
        if self.lent_end > self.lent_start or self.end + size > len(self.data):
            self.make_room(size)
        copy_bytes(self.data, self.end, piece, 0, size)
        self.end += size

    def put_range(self, source: Buffer, start: int, end: int) -> None:
        """Write `source[start:end]`."""
        if self.lent_end > self.lent_start or self.end + end - start > len(self.data):
            self.make_room(end - start)
        copy_bytes(self.data, self.end, source, start, end)
        self.end += end - start

    def lend(self, source: bytearray, start: int, end: int) -> None:
        """Write `source[start:end]` without copying it, if it is large."""
        if end - start <= COPY_LIMIT:
            self.put_range(source, start, end)
            return
        if self.lent_end > self.lent_start:
            self.settle()
        self.lent = source
        self.lent_start = start
        self.lent_end = end

    def settle(self) -> None:
        """Copy what was lent, so that its buffer may be used again."""
        lent = self.lent
        start = self.lent_start
        end = self.lent_end
        self.lent = None
        self.lent_start = self.lent_end = 0
        if lent is not None and end > start:
            self.put_range(lent, start, end)

    def put_chunk_size(self, size: int) -> None:
        """Write the line that begins a chunk of `size` bytes."""
        if self.lent_end > self.lent_start or self.end + 20 > len(self.data):
            self.make_room(20)
        data = self.data
        shift = 60
        while shift > 0 and not (size >> shift) & 15:
            shift -= 4
        at = self.end
        while shift >= 0:
            data[at] = _DIGITS[(size >> shift) & 15]
            at += 1
            shift -= 4
        data[at] = 13
        data[at + 1] = 10
        self.end = at + 2

    def put_decimal(self, number: int) -> None:
        """Write a number that is not negative."""
        self.put(b"%d" % number)
