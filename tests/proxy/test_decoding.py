"""Unpacking gzip: what comes out, and when it is enough."""

from __future__ import annotations

import gzip
import random

import pytest

from evenflow.plan.filters import DEFAULT
from evenflow.proxy.decoding import Inflater, mark_fields, without_gzip
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.headers import Headers

PLAIN = random.Random(7).randbytes(50_000) + b"x" * 50_000
PACKED = gzip.compress(PLAIN)


@pytest.mark.parametrize("step", [1, 7, 8096, 1 << 20])
def test_pieces_of_any_size(step: int) -> None:
    inflater = Inflater(0, 200, 3)
    made = b"".join([inflater.feed(PACKED[at : at + step]) for at in range(0, len(PACKED), step)])
    assert made == PLAIN
    assert inflater.is_whole()
    assert (inflater.taken, inflater.given) == (len(PACKED), len(PLAIN))


def test_the_end_is_missed() -> None:
    inflater = Inflater(0, 200, 3)
    inflater.feed(PACKED[:-1])
    assert not inflater.is_whole()
    assert inflater.flush() == inflater.finish() == b""


def fault_of(inflater: Inflater, data: bytes) -> int:
    with pytest.raises(ProtocolFault) as caught:
        inflater.feed(data)
    return caught.value.status


def test_what_is_no_gzip_is_a_fault() -> None:
    assert fault_of(Inflater(0, 200, 3), b"plain text") == 400
    assert fault_of(Inflater(0, 200, 3), PACKED[:-5] + b"abcde") == 400
    assert fault_of(Inflater(0, 200, 3), PACKED + b"more") == 400
    late = Inflater(0, 200, 3)
    late.feed(PACKED)
    assert late.feed(b"") == b""
    assert fault_of(late, b"more") == 400


def test_a_limit() -> None:
    assert Inflater(len(PLAIN), 200, 3).feed(PACKED) == PLAIN
    assert fault_of(Inflater(len(PLAIN) - 1, 200, 3), PACKED) == 413


def test_a_bomb_is_stopped_before_it_is_large() -> None:
    bomb = gzip.compress(b"x" * 50_000_000)
    inflater = Inflater(0, 200, 3)
    assert fault_of(inflater, bomb) == 400
    assert inflater.given < 200 * inflater.taken + 5 * 8096
    assert inflater.given < 1_000_000


def test_a_burst_may_be_higher() -> None:
    data = gzip.compress(b"x" * 20_000)
    assert len(Inflater(0, 10, 3).feed(data)) == 20_000
    assert fault_of(Inflater(0, 10, 2), data) == 400


@pytest.mark.parametrize(
    ("field", "rest"),
    [(None, None), (b"gzip", b""), (b"X-GZip", b""), (b"br, gzip", b"br"), (b"gzip, br", None), (b"", None)],
)
def test_the_last_coding(field: bytes | None, rest: bytes | None) -> None:
    assert without_gzip(field) == rest


def test_fields_of_an_unpacked_answer() -> None:
    fields = Headers([(b"Content-Encoding", b"br, gzip"), (b"ETag", b'"a"'), (b"Content-Length", b"3"), (b"X", b"1")])
    mark_fields(fields, DEFAULT)
    assert fields.items == [(b"Content-Encoding", b"br"), (b"ETag", b'"a-gunzip"'), (b"X", b"1")]
