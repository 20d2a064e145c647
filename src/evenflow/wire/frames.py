"""Where WebSocket frames end: lengths are counted as bytes go by, and nothing else of a frame is looked at.

RFC 6455 5.2. A frame of our own may be put in only between two others; who has counted from the first byte knows where
that is. What was agreed about extensions does not change it.
"""

from __future__ import annotations

from typing import Final

GOING_AWAY: Final = 1001
"""The close code of a server that goes down or of a place that is no more (RFC 6455 7.4.1)."""
LONGEST_HEAD: Final = 14


class Frames:
    """What went by in one direction."""

    __slots__ = ("left", "have", "head", "lost", "closed")

    def __init__(self) -> None:
        self.left = 0
        """Bytes of the frame at hand that are still to come, its head apart."""
        self.have = 0
        """Bytes of a head that is not whole yet."""
        self.head = bytearray(LONGEST_HEAD)
        self.lost = False
        """A length that no frame can have: nobody knows where frames end any more."""
        self.closed = False
        """A close frame went by: nothing may follow."""

    def between(self) -> bool:
        """Whether a frame has just ended, and another may be put in here."""
        return self.left == 0 and self.have == 0 and not self.lost and not self.closed

    def pass_by(self, data: bytearray, start: int, end: int) -> None:
        """`data[start:end]` went by."""
        at = start
        while at < end and not self.lost:
            if self.left > 0:
                took = end - at
                if took > self.left:
                    took = self.left
                self.left -= took
                at += took
                continue
            self.head[self.have] = data[at]
            self.have += 1
            at += 1
            if self.have >= 2:
                self._measure()

    def _measure(self) -> None:
        """The head may be whole now: then `left` is what it says."""
        head = self.head
        size = head[1] & 127
        needed = 2
        if size == 126:
            needed = 4
        elif size == 127:
            needed = 10
        if head[1] & 128:
            needed += 4
        if self.have < needed:
            return
        if size == 126:
            size = head[2] << 8 | head[3]
        elif size == 127:
            size = 0
            for at in range(2, 10):
                size = size << 8 | head[at]
                if size > MOST:
                    self.lost = True
                    return
        if head[0] & 15 == 8:
            self.closed = True
        self.left = size
        self.have = 0


MOST: Final = 0x7FFFFFFFFFFF
"""Bytes in a frame; RFC 6455 allows 63 bits, nobody sends them."""


def close_frame(code: int, masked: bool) -> bytes:
    """A whole close frame. A client's are masked (RFC 6455 5.3); a mask of zeros leaves the bytes as they are."""
    payload = bytes((code >> 8, code & 255))
    return b"\x88\x82\0\0\0\0" + payload if masked else b"\x88\x02" + payload
