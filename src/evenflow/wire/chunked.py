"""The chunked transfer coding, read piece by piece. RFC 9112 section 7.1.

A reader is shown what arrived and says which bytes of it are body. It keeps no body bytes: between two calls it
remembers only where in the grammar it stands, and the trailer fields. HTTP/1.1 forwards none, as httpd does not;
HTTP/2 and a log may want to see them. Extensions are passed over.
"""

from __future__ import annotations

from typing import Final

from evenflow.wire.faults import ProtocolFault
from evenflow.wire.scan import Buffer

# Where in the grammar the next byte stands.
SIZE = 0
EXTENSION = 1
SIZE_LF = 2
DATA = 3
DATA_CR = 4
DATA_LF = 5
TRAILER_START = 6
TRAILER_LINE = 7
TRAILER_LF = 8
LAST_LF = 9
DONE = 10
BLANK = 11

MOST_DIGITS = 15
MOST_EXTENSION = 8190
MOST_TRAILER = 65536

HEX: Final = bytes(int(chr(c), 16) if c < 128 and chr(c) in "0123456789abcdefABCDEF" else 255 for c in range(256))
"""HEX[c] is the value of the hexadecimal digit c, 255 for what is none."""


class ChunkedReader:
    """Reads one chunked body.

    After `take`, `data_start` and `data_end` bound the body bytes found, and `done` says whether the body ended; what
    is shown to it later, it leaves alone.
    """

    def __init__(self) -> None:
        self.data_start = 0
        self.data_end = 0
        self.done = False
        self.step = SIZE
        self.left = 0
        self.digits = 0
        self.passed = 0
        self.trailers: bytearray | None = None
        """Lines behind the body, as they came; None for none."""

    def reset(self) -> None:
        """Stand at the beginning of a body."""
        self.data_start = self.data_end = 0
        self.done = False
        self.step = SIZE
        self.left = 0
        self.digits = 0
        self.passed = 0
        self.trailers = None

    def take(self, buffer: Buffer, start: int, end: int) -> int:
        """Read on in `buffer[start:end]` up to the next run of body bytes or the body's end; returns where that ends.

        Raises ProtocolFault 400 for a size that is not 1 to 15 hexadecimal digits, a line that does not end in CR LF,
        and for extensions or trailers without end.
        """
        at = start
        step = self.step
        self.data_start = self.data_end = at
        if step == DONE:
            return at
        while at < end:
            if step == DATA:
                size = end - at
                if size > self.left:
                    size = self.left
                self.data_start = at
                self.data_end = at + size
                self.left -= size
                self.step = DATA if self.left else DATA_CR
                return at + size
            c = buffer[at]
            at += 1
            if step == SIZE:
                digit = HEX[c]
                if digit != 255:
                    self.digits += 1
                    if self.digits > MOST_DIGITS:
                        raise ProtocolFault("a chunk size of more than 15 digits", 400)
                    self.left = self.left * 16 + digit
                    continue
                if self.digits == 0:
                    raise ProtocolFault("a chunk size that is not hexadecimal", 400)
                if c == 13:
                    step = SIZE_LF
                elif c == 59:
                    step = EXTENSION
                elif c == 32 or c == 9:
                    step = BLANK
                else:
                    raise ProtocolFault("a chunk size that is not hexadecimal", 400)
            elif step == EXTENSION or step == BLANK:
                self.passed += 1
                if c == 13:
                    step = SIZE_LF
                elif c == 59 and step == BLANK:
                    step = EXTENSION
                elif step == BLANK and c != 32 and c != 9:
                    raise ProtocolFault("a chunk size that is not hexadecimal", 400)
                elif (c < 32 and c != 9) or c == 127 or self.passed > MOST_EXTENSION:
                    raise ProtocolFault("a chunk extension that is too long or has a control character", 400)
            elif step == SIZE_LF:
                if c != 10:
                    raise ProtocolFault("a chunk size line ends without LF", 400)
                step = DATA if self.left else TRAILER_START
                self.digits = 0
                self.passed = 0
            elif step == DATA_CR:
                if c != 13:
                    raise ProtocolFault("a chunk is longer than its size", 400)
                step = DATA_LF
            elif step == DATA_LF:
                if c != 10:
                    raise ProtocolFault("a chunk is longer than its size", 400)
                step = SIZE
            elif step == TRAILER_START:
                if c == 13:
                    step = LAST_LF
                else:
                    step = TRAILER_LINE
                    self._pass_trailer(c)
            elif step == TRAILER_LINE:
                if c == 13:
                    step = TRAILER_LF
                else:
                    self._pass_trailer(c)
            elif step == TRAILER_LF:
                if c != 10:
                    raise ProtocolFault("a trailer line ends without LF", 400)
                step = TRAILER_START
                if self.trailers is not None:
                    self.trailers += b"\r\n"
            else:
                if c != 10:
                    raise ProtocolFault("the chunked body ends without LF", 400)
                self.step = DONE
                self.done = True
                return at
        self.step = step
        self.data_start = self.data_end = at
        return at

    def _pass_trailer(self, c: int) -> None:
        self.passed += 1
        if (c < 32 and c != 9) or c == 127 or self.passed > MOST_TRAILER:
            raise ProtocolFault("trailers that are too long or have a control character", 400)
        if self.trailers is None:
            self.trailers = bytearray()
        self.trailers.append(c)
