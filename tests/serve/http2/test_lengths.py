"""Frames' lengths, whatever the pieces that they come in."""

from __future__ import annotations

import pytest

from evenflow.serve.http2.lengths import Lengths

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(size: int) -> bytes:
    return size.to_bytes(3, "big") + b"\0\0\0\0\0\1" + b"x" * size


@pytest.mark.parametrize("step", [1, 2, 8, 9, 10, 33, 1000])
def test_a_long_frame_is_seen_at_its_header(step: int) -> None:
    fine = PREFACE + frame(0) + frame(5) + frame(100) + frame(1)
    data = fine + frame(101)
    lengths = Lengths(100)
    for at in range(0, len(data), step):
        if not lengths.fit(data[at : at + step]):
            assert len(fine) < at + step and at < len(fine) + 9
            return
    raise AssertionError("the last frame was let through")


@pytest.mark.parametrize("step", [1, 7, 9, 100])
def test_short_ones_pass(step: int) -> None:
    data = PREFACE + frame(0) * 3 + frame(16384) + frame(2)
    lengths = Lengths(16384)
    assert all(lengths.fit(data[at : at + step]) for at in range(0, len(data), step))
