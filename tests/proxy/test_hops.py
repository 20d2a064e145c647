"""Max-Forwards."""

from __future__ import annotations

import pytest

from evenflow.proxy.hops import ENDS, GARBLED, PASSES, judge


@pytest.mark.parametrize(
    "value, judged",
    [
        (b"1", PASSES),
        (b" 10 ", PASSES),
        (b"0", ENDS),
        (b"000", ENDS),
        (b"", GARBLED),
        (b"-1", GARBLED),
        (b"3x", GARBLED),
        (b"9223372036854775807", GARBLED),
        (b"9" * 4000, GARBLED),
    ],
)
def test_it_is_judged(value: bytes, judged: int) -> None:
    assert judge(value) == judged
