"""A bucket that fills slowly."""

from __future__ import annotations

from evenflow.serve.http2.patience import BURST, RATE, Patience


def test_it_ends_and_comes_back() -> None:
    patience = Patience()
    assert all(patience.bears(100.0) for _ in range(BURST))
    assert not patience.bears(100.0)
    assert not patience.bears(100.0 + 0.5 / RATE)
    assert patience.bears(100.0 + 1.5 / RATE)
    assert not patience.bears(100.0 + 1.6 / RATE)


def test_it_never_holds_more_than_at_first() -> None:
    patience = Patience()
    patience.bears(0.0)
    assert sum(patience.bears(1e6) for _ in range(2 * BURST)) == BURST
