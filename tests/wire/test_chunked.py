"""A chunked body comes back byte for byte, whatever the pieces it arrives in, and what follows it is left alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenflow.wire.chunked import ChunkedReader
from evenflow.wire.faults import ProtocolFault

TAIL: Final = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


def read(data: bytes, cuts: Iterable[int] = (), reader: ChunkedReader | None = None) -> tuple[bytes, int]:
    """The body's bytes and how many were taken in all, the data shown up to each cut in turn; -1 if it did not end."""
    reader = reader or ChunkedReader()
    body = bytearray()
    at = 0
    for cut in (*cuts, len(data)):
        while at < cut and not reader.done:
            at = reader.take(data, at, cut)
            body += data[reader.data_start : reader.data_end]
    return bytes(body), at if reader.done else -1


BODIES: Final = [
    (b"0\r\n\r\n", b""),
    (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
    (b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", b"01234567890123456789"),
    (b"00000000000005\r\nhello\r\n000\r\n\r\n", b"hello"),
    (b"000000000000001\r\nx\r\n0\r\n\r\n", b"x"),
    (b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n"),
    (b"5;name=value\r\nhello\r\n0;last\r\n\r\n", b"hello"),
    (b'5;name="a;\t b"\r\nhello\r\n0\r\n\r\n', b"hello"),
    (b"5;\r\nhello\r\n0;;\r\n\r\n", b"hello"),
    (b"5 \t;name\r\nhello\r\n0 \r\n\r\n", b"hello"),
    (b"5;\xe9\xff\r\nhello\r\n0\r\n\r\n", b"hello"),
    (b"5\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n", b"hello"),
    (b"5\r\nhello\r\n0\r\nTrailer: 1\r\n folded\r\nAnother:\r\n\r\n", b"hello"),
    (b"1;" + b"e" * 8190 + b"\r\nx\r\n0\r\n\r\n", b"x"),
    (b"0\r\n" + b"t" * 65536 + b"\r\n\r\n", b""),
]


@pytest.mark.parametrize(("data", "body"), BODIES, ids=range(len(BODIES)))
def test_a_body_is_read_whole_byte_by_byte_and_with_a_tail(data: bytes, body: bytes) -> None:
    assert read(data) == (body, len(data))
    assert read(data, range(len(data))) == (body, len(data))
    assert read(data + TAIL) == (body, len(data))
    assert read(data + TAIL, range(len(data + TAIL))) == (body, len(data))


@pytest.mark.parametrize(("data", "body"), BODIES, ids=range(len(BODIES)))
def test_a_body_that_breaks_off_has_not_ended(data: bytes, body: bytes) -> None:
    for length in (*range(min(len(data), 200)), len(data) - 2, len(data) - 1):
        found, end = read(data[:length])
        assert end == -1
        assert body.startswith(found)


BAD: Final = {
    "a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "a negative size": b"-1\r\nhello\r\n0\r\n\r\n",
    "the mark of C": b"0x5\r\nhello\r\n0\r\n\r\n",
    "an empty size": b"\r\nhello\r\n0\r\n\r\n",
    "an extension without size": b";a=b\r\nhello\r\n0\r\n\r\n",
    "sixteen digits": b"0000000000000005\r\nhello\r\n0\r\n\r\n",
    "sixteen times f": b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "2**64 and 5": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "two numbers": b"5 5\r\nhello\r\n0\r\n\r\n",
    "a blank before": b" 5\r\nhello\r\n0\r\n\r\n",
    "a tab before": b"\t5\r\nhello\r\n0\r\n\r\n",
    "an underscore": b"1_0\r\nhello\r\n0\r\n\r\n",
    "a letter that is no digit": b"5g\r\nhello\r\n0\r\n\r\n",
    "a fullwidth digit": "\uff15\r\nhello\r\n0\r\n\r\n".encode(),
    "a dot": b"5.0\r\nhello\r\n0\r\n\r\n",
    "NUL behind the size": b"5\x00\r\nhello\r\n0\r\n\r\n",
    "bare LF behind the size": b"5\nhello\r\n0\r\n\r\n",
    "bare CR behind the size": b"5\rhello\r\n0\r\n\r\n",
    "two CR behind the size": b"5\r\r\nhello\r\n0\r\n\r\n",
    "bare LF in an extension": b"5;a\nhello\r\n0\r\n\r\n",
    "bare CR in an extension": b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    "NUL in an extension": b"5;a\x00\r\nhello\r\n0\r\n\r\n",
    "DEL in an extension": b"5;a\x7f\r\nhello\r\n0\r\n\r\n",
    "an extension without end": b"5;" + b"a" * 8191 + b"\r\nhello\r\n0\r\n\r\n",
    "semicolons without end": b"5" + b";" * 9000 + b"\r\nhello\r\n0\r\n\r\n",
    "blanks without end": b"5" + b" " * 9000 + b"\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than its size": b"4\r\nhello\r\n0\r\n\r\n",
    "a chunk shorter than its size": b"6\r\nhello\r\n0\r\n\r\n",
    "bare LF behind a chunk": b"5\r\nhello\n0\r\n\r\n",
    "bare CR behind a chunk": b"5\r\nhello\r0\r\n\r\n",
    "bare LF at the end": b"0\r\n\n",
    "bare LF for both line ends": b"0\n\n",
    "bare CR at the end": b"0\r\n\rx",
    "bare LF behind a trailer": b"0\r\na: b\n\r\n",
    "bare CR in a trailer": b"0\r\na: b\rc\r\n\r\n",
    "NUL in a trailer": b"0\r\na: \x00\r\n\r\n",
    "NUL before a trailer": b"0\r\n\x00a: b\r\n\r\n",
    "a trailer without end": b"0\r\n" + b"t" * 65537 + b"\r\n\r\n",
    "trailers without end": b"0\r\n" + b"a: b\r\n" * 20000 + b"\r\n",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_a_bad_body_is_refused_however_it_arrives(data: bytes) -> None:
    for cuts in ((), range(len(data))):
        with pytest.raises(ProtocolFault) as caught:
            read(data, cuts)
        assert caught.value.status == 400


def test_fifteen_digits_are_believed() -> None:
    reader = ChunkedReader()
    data = b"fffffffffffffff\r\nabc"
    at = reader.take(data, 0, len(data))
    assert at == len(data)
    assert data[reader.data_start : reader.data_end] == b"abc"
    assert not reader.done


def test_a_run_is_bounded_by_what_was_shown_and_not_by_the_buffer() -> None:
    reader = ChunkedReader()
    buffer = bytearray(b"??5\r\nhel??")
    assert reader.take(buffer, 2, 8) == 8
    assert (reader.data_start, reader.data_end) == (5, 8)
    buffer = bytearray(b"lo\r\n0\r\n\r\n??")
    assert reader.take(buffer, 0, 9) == 2
    assert (reader.data_start, reader.data_end) == (0, 2)
    assert reader.take(buffer, 2, 9) == 9
    assert reader.data_start == reader.data_end
    assert reader.done


def test_nothing_is_taken_of_nothing() -> None:
    reader = ChunkedReader()
    assert reader.take(b"5\r\n", 3, 3) == 3
    assert not reader.done


def test_a_reader_that_is_done_leaves_everything_alone() -> None:
    reader = ChunkedReader()
    assert read(b"0\r\n\r\n", reader=reader) == (b"", 5)
    assert reader.take(TAIL, 0, len(TAIL)) == 0
    assert reader.take(b"\n", 0, 1) == 0
    assert reader.done
    assert reader.data_start == reader.data_end


def test_a_reader_that_was_reset_begins_again() -> None:
    reader = ChunkedReader()
    for broken_off in (b"", b"5", b"5;a", b"5\r\nhel", b"5\r\nhello\r", b"0\r\na: b", b"0\r\n\r\n"):
        read(broken_off, reader=reader)
        reader.reset()
        assert not reader.done
        assert read(b"3\r\nabc\r\n0\r\n\r\n", reader=reader) == (b"abc", 13)
        reader.reset()


def test_short_extensions_may_stand_in_as_many_chunks_as_there_are() -> None:
    data = b"1;chunk-signature=0123456789abcdef\r\nx\r\n" * 2000 + b"0\r\n\r\n"
    assert read(data) == (b"x" * 2000, len(data))


CHUNKS: Final = st.lists(st.binary(min_size=1, max_size=40), max_size=8)
EXTENSIONS: Final = st.sampled_from([b"", b";a", b';a="b c"', b" ;a=1", b"\t"])
TRAILERS: Final = st.sampled_from([b"", b"a: b\r\n", b"a: b\r\nc: d\r\n"])


@settings(deadline=None)
@given(CHUNKS, EXTENSIONS, TRAILERS, st.booleans(), st.binary(max_size=10), st.data())
def test_any_body_comes_back_however_it_is_cut(
    chunks: list[bytes], extension: bytes, trailers: bytes, upper: bool, tail: bytes, data: st.DataObject
) -> None:
    size = b"%X%b\r\n" if upper else b"%x%b\r\n"
    coded = b"".join(size % (len(chunk), extension) + chunk + b"\r\n" for chunk in chunks)
    coded += b"0%b\r\n%b\r\n" % (extension, trailers)
    shown = coded + tail
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shown)), max_size=12)))
    assert read(shown, cuts) == (b"".join(chunks), len(coded))


def test_trailers_are_kept_for_whom_they_concern() -> None:
    reader = ChunkedReader()
    data = bytearray(b"2\r\nab\r\n0\r\nX: 1\r\nY:  2 \r\n\r\n")
    for at in range(len(data)):
        reader.take(data, at, at + 1)
    assert reader.done
    assert reader.trailers == b"X: 1\r\nY:  2 \r\n"
    reader.reset()
    assert reader.trailers is None
