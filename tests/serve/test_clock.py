"""The clock is the one that every process of the machine sees."""

from __future__ import annotations

import time

from evenflow.serve.clock import monotonic


def test_it_is_the_monotonic_clock() -> None:
    before = time.monotonic()
    now = monotonic()
    after = time.monotonic()
    assert before - 1e-6 <= now <= after + 1e-6


def test_it_never_goes_back() -> None:
    readings = [monotonic() for _ in range(1000)]
    assert readings == sorted(readings)
