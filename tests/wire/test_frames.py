"""Frames are counted, however they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode

from evenflow.wire.frames import GOING_AWAY, Frames, close_frame

kinds = st.sampled_from([1, 2, 9, 10])
sizes = st.sampled_from([0, 1, 125, 126, 127, 65535, 65536, 70000])
frame = st.tuples(kinds, sizes, st.booleans())


def written(kind: int, size: int, masked: bool) -> bytes:
    return Frame(Opcode(kind), b"x" * (size if kind < 8 else min(size, 125))).serialize(mask=masked)


@given(st.lists(frame, max_size=5), st.lists(st.integers(1, 80000), max_size=8))
def test_it_is_between_frames_exactly_where_one_ends(frames: list[tuple[int, int, bool]], cuts: list[int]) -> None:
    pieces = [written(*one) for one in frames]
    data = bytearray(b"".join(pieces))
    ends = {0}
    for piece in pieces:
        ends.add(max(ends) + len(piece))
    seen = Frames()
    at = 0
    for cut in [*cuts, len(data)]:
        end = min(len(data), at + cut)
        seen.pass_by(data, at, end)
        at = end
        assert seen.between() == (at in ends), at
    assert not seen.lost


def test_byte_by_byte() -> None:
    data = bytearray(written(1, 300, True) + written(2, 70000, False))
    seen = Frames()
    ends = [at + 1 for at in range(len(data)) if (seen.pass_by(data, at, at + 1), seen.between())[1]]
    assert ends == [308, len(data)]


def test_nothing_is_put_behind_a_close() -> None:
    seen = Frames()
    data = bytearray(close_frame(1000, False))
    seen.pass_by(data, 0, len(data))
    assert seen.closed and not seen.between()


@pytest.mark.parametrize("size", [1 << 62, 1 << 63, (1 << 64) - 1])
def test_an_impossible_length_is_not_believed(size: int) -> None:
    seen = Frames()
    data = bytearray(b"\x82\x7f" + size.to_bytes(8, "big") + b"x" * 100)
    seen.pass_by(data, 0, len(data))
    assert seen.lost and not seen.between()


@given(st.binary(max_size=400), st.integers(1, 50))
def test_hostile_bytes_are_counted_somehow(data: bytes, step: int) -> None:
    whole, pieces = Frames(), Frames()
    whole.pass_by(bytearray(data), 0, len(data))
    for at in range(0, len(data), step):
        pieces.pass_by(bytearray(data), at, min(len(data), at + step))
    assert (whole.left, whole.have, whole.lost, whole.closed) == (pieces.left, pieces.have, pieces.lost, pieces.closed)


@pytest.mark.parametrize("masked", [False, True])
def test_our_goodbye_is_one_that_others_read(masked: bool) -> None:
    data = close_frame(GOING_AWAY, masked)
    body = data[-2:]
    assert Close.parse(body).code == 1001
    expected = Frame(Opcode.CLOSE, body).serialize(mask=masked)
    assert len(data) == len(expected) and data[:2] == expected[:2]
    assert data[2:6] == b"\0\0\0\0" or not masked
