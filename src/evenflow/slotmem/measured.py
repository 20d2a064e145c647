"""What is measured of members and virtual hosts beyond httpd's counters: how long they take, and how they fail.

Virtual hosts have cells only where a handler of the configuration shows them (`plan.measures`). One writer a cell, as
everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evenflow.slotmem.layout import MICROSECONDS

BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds. What takes longer than the last has a bucket too."""
STAGES: Final = ("connect", "handshake", "timeout", "closed", "status", "protocol")
"""How a member fails: nobody listens or its name is unknown, TLS, silence, an end in the middle, `failonstatus`, an
answer that is none."""


def bucket_of(seconds: float) -> int:
    """Which bucket counts it: a binary search through BOUNDS, written out."""
    if seconds <= 0.25:
        if seconds <= 0.025:
            if seconds <= 0.005:
                return 0
            return 1 if seconds <= 0.01 else 2
        if seconds <= 0.05:
            return 3
        return 4 if seconds <= 0.1 else 5
    if seconds <= 2.5:
        if seconds <= 0.5:
            return 6
        return 7 if seconds <= 1.0 else 8
    if seconds <= 5.0:
        return 9
    if seconds <= 10.0:
        return 10
    return 11 if seconds <= 30.0 else 12


def observe(cells: memoryview[int], seconds: float) -> None:
    """It took so long. `cells` is a measured row."""
    if seconds < 0.0:
        seconds = 0.0
    cells[bucket_of(seconds)] += 1
    micros = int(seconds * 1000000.0)
    cells[MICROSECONDS] += micros


def quantile(counts: Sequence[int], share: float, bounds: Sequence[float] = BOUNDS) -> float | None:
    """So many seconds or less it took in this share of the cases: as if they lay evenly within a bucket, and the last
    bound for all that is beyond it. None where there is no case.
    """
    wanted = share * sum(counts)
    below = 0.0
    for bound, count in zip(bounds, counts, strict=False):
        if count and wanted <= count:
            return below + (bound - below) * wanted / count
        wanted -= count
        below = bound
    return below if any(counts) else None
