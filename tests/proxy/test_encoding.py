"""Bodies compressed as they come."""

from __future__ import annotations

import zlib

import brotli
import pytest

from evenflow.plan.filters import BROTLI, GZIP, Compression
from evenflow.proxy.encoding import Encoder, mark_fields, vary
from evenflow.wire.headers import Headers


def unpack(coding: bytes, data: bytes) -> bytes:
    return zlib.decompress(data, 31) if coding == GZIP else bytes(brotli.decompress(data))


@pytest.mark.parametrize("coding", [GZIP, BROTLI])
def test_what_goes_in_comes_out(coding: bytes) -> None:
    encoder = Encoder(coding, Compression())
    pieces = [b"hello " * 1000, b"", b"world" * 3, bytes(range(256)) * 40]
    made = b"".join([*(encoder.feed(piece) for piece in pieces), encoder.finish()])
    assert unpack(coding, made) == b"".join(pieces)
    assert len(made) < 2000


def test_what_was_fed_can_be_read_after_a_flush() -> None:
    encoder = Encoder(GZIP, Compression())
    reader = zlib.decompressobj(31)
    for number in range(5):
        event = b"event %d\n" % number
        assert reader.decompress(encoder.feed(event) + encoder.flush()) == event
        assert encoder.flush() == b"", "nothing new, nothing to send"
    assert reader.decompress(encoder.finish()) == b"" and reader.eof


def test_an_empty_body_is_a_whole_one() -> None:
    assert unpack(GZIP, Encoder(GZIP, Compression()).finish()) == b""


def test_the_numbers_are_used() -> None:
    small = Compression()
    small.deflate_level, small.deflate_window, small.deflate_memory = 1, 9, 1
    data = b"".join(b"%d,%d;" % (number, number * number % 97) for number in range(5000))
    sizes = []
    for compression in (small, Compression()):
        encoder = Encoder(GZIP, compression)
        made = encoder.feed(data) + encoder.finish()
        assert unpack(GZIP, made) == data
        sizes.append(len(made))
    assert sizes[0] > sizes[1]


def test_fields() -> None:
    fields = Headers([(b"ETag", b'"a"'), (b"content-length", b"9"), (b"Vary", b"Cookie"), (b"Content-MD5", b"x")])
    mark_fields(fields, GZIP, Compression())
    assert fields.items == [
        (b"ETag", b'"a-gzip"'),
        (b"Vary", b"Cookie,Accept-Encoding"),
        (b"Content-Encoding", b"gzip"),
    ]
    vary(fields)
    assert fields.get_all(b"vary") == [b"Cookie,Accept-Encoding"]
