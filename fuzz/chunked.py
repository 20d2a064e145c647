"""Fuzz target: the chunked transfer coding.

Each input is shown to our reader in pieces that are cut at random, and whole to a slow one that is written down here.
They must agree on where it ends or that it is refused, and on every body byte before that.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from evenflow.wire.chunked import ChunkedReader
from evenflow.wire.faults import ProtocolFault
from fuzz import mutation

CORPUS: Final = (
    b"0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
    b'1;a=b\r\nx\r\n00A ; c="d"\r\n0123456789\r\n0;e\r\nTrailer: 1\r\nAnother: 2\r\n\r\n',
    b"f\t \r\nabcdefghijklmno\r\n1F\r\n" + b"z" * 31 + b"\r\n000000000000000\r\n\r\n",
)

WORDS: Final = (
    b"0\r\n\r\n",
    b"3\r\nabc\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"0x5",
    b"+5",
    b"-1",
    b"5 5",
    b"fffffffffffffff",
    b"ffffffffffffffff",
    b";" * 9000,
    b";a=b",
    b"Name: value\r\n",
    b"t" * 40000,
)

HEX: Final = b"0123456789abcdefABCDEF"
MOST_DIGITS: Final = 15
MOST_EXTENSION: Final = 8190
MOST_TRAILER: Final = 65536


class Refused(Exception):
    """The bytes are no chunked body."""


class Ended(Exception):
    """The input ends before the body does."""


class SlowReading:
    """The reference: what the whole input says.

    `body` has the body bytes up to the end or the fault, `end` is the position behind the last byte, or -1.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.taken = 0
        self.body = bytearray()
        self.end = -1
        self.refused = False
        try:
            while self.chunk():
                pass
            self.trailers()
            self.end = self.taken
        except Refused:
            self.refused = True
        except Ended:
            pass

    def byte(self) -> int:
        if self.taken == len(self.data):
            raise Ended
        self.taken += 1
        return self.data[self.taken - 1]

    def chunk(self) -> bool:
        """One chunk; False for the last."""
        digits = bytearray()
        while (c := self.byte()) in HEX:
            digits.append(c)
            if len(digits) > MOST_DIGITS:
                raise Refused
        if not digits:
            raise Refused
        extension = bytearray()
        for following in self.line_from(c):
            extension.append(following)
            if not (extension.strip(b" \t") + b";").startswith(b";") or len(extension) > MOST_EXTENSION + 1:
                raise Refused
        size = int(digits, 16)
        for _ in range(size):
            self.body.append(self.byte())
        if size and (self.byte() != 13 or self.byte() != 10):
            raise Refused
        return size > 0

    def trailers(self) -> None:
        """Lines up to an empty one."""
        size = 0
        while True:
            before = size
            for _ in self.line_from(self.byte()):
                size += 1
                if size > MOST_TRAILER:
                    raise Refused
            if size == before:
                return

    def line_from(self, c: int) -> Iterator[int]:
        """The bytes of the line that begins with `c`, none of them a control character; its CR LF is taken too."""
        while c != 13:
            if (c < 32 and c != 9) or c == 127:
                raise Refused
            yield c
            c = self.byte()
        if self.byte() != 10:
            raise Refused


def read_in_pieces(data: bytes, cuts: list[int]) -> tuple[bytes, int, bool]:
    """What our reader makes of it when it gets the bytes up to each cut in turn: body, end or -1, refused."""
    reader = ChunkedReader()
    body = bytearray()
    at = 0
    try:
        for cut in [*cuts, len(data)]:
            # The bytes stand somewhere in a larger buffer, of which the reader may look at no others.
            buffer = bytearray(b"5\r\n" + data[at:cut] + b"0\r\n\r\n")
            start, end = 3, 3 + cut - at
            while start < end and not reader.done:
                start = reader.take(buffer, start, end)
                assert 3 <= reader.data_start <= reader.data_end <= start <= end
                body += buffer[reader.data_start : reader.data_end]
            at += start - 3
            if reader.done:
                assert reader.take(buffer, start, end) == start and reader.data_start == reader.data_end
                return bytes(body), at, False
            assert at == cut
    except ProtocolFault as fault:
        assert fault.status == 400
        return bytes(body), -1, True
    return bytes(body), -1, False


def check(data: bytes, rng: random.Random) -> int:
    """Show one input to both; AssertionError where they differ."""
    expected = SlowReading(data)
    cuts = sorted(rng.randint(0, len(data)) for _ in range(rng.choice((0, 1, 2, 5))))
    for places in ([], cuts, list(range(len(data))) if len(data) < 200 else []):
        body, end, refused = read_in_pieces(data, places)
        assert (end, refused) == (expected.end, expected.refused), f"cut at {places}: end {end}, refused {refused}"
        assert body == expected.body, f"cut at {places}: body {body!r}"
    return expected.end


if __name__ == "__main__":
    mutation.main("chunked", check, CORPUS, WORDS)
