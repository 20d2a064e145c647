"""What a member has done so far, and how fast it does it: counters read at two moments.

All counters rise; what a child that died had counted stays. So a difference is never below zero, except where a reload
lies between, and then it counts as nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from evenflow.slotmem.layout import BUCKETS, BUSY, ELECTED, ERRORS, MEASURED_CELLS, MICROSECONDS, RECEIVED, SENT
from evenflow.slotmem.measured import BOUNDS, STAGES
from evenflow.slotmem.scoreboard import Scoreboard

HIGH: Final = 0.95
"""The share of answers that are no slower than the time that is shown as the slowest."""


@dataclass(frozen=True, slots=True)
class Counts:
    """One member at a moment: sums over all children, `at` in seconds of CLOCK_MONOTONIC."""

    at: float
    busy: int = 0
    elected: int = 0
    sent: int = 0
    received: int = 0
    micros: int = 0
    times: Sequence[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    errors: Sequence[int] = field(default_factory=lambda: [0] * len(STAGES))

    @property
    def answers(self) -> int:
        return sum(self.times)


@dataclass(frozen=True, slots=True)
class Speed:
    """Between two moments, a second; times in seconds, None where nothing was answered."""

    requests: float = 0.0
    sent: float = 0.0
    received: float = 0.0
    errors: float = 0.0
    mean: float | None = None
    high: float | None = None


class Reader:
    """One member's cells, found once."""

    def __init__(self, scoreboard: Scoreboard, index: int) -> None:
        self.slot = scoreboard.member(index, 0)
        self.rows = [scoreboard.measured_member(index, row) for row in range(scoreboard.layout.rows)]

    def read(self, now: float) -> Counts:
        """The counters at this moment."""
        cells = [sum(column) for column in zip(*self.rows, strict=True)] or [0] * MEASURED_CELLS
        return Counts(
            at=now,
            busy=self.slot.total(BUSY),
            elected=self.slot.total(ELECTED),
            sent=self.slot.total(SENT),
            received=self.slot.total(RECEIVED),
            micros=cells[MICROSECONDS],
            times=cells[BUCKETS : BUCKETS + len(BOUNDS) + 1],
            errors=cells[ERRORS : ERRORS + len(STAGES)],
        )


def speed(before: Counts, now: Counts) -> Speed:
    """How fast it went."""
    seconds = now.at - before.at
    if seconds <= 0.0:
        return Speed()
    times = [max(0, more - less) for more, less in zip(now.times, before.times, strict=True)]
    answers = sum(times)
    return Speed(
        requests=max(0, now.elected - before.elected) / seconds,
        sent=max(0, now.sent - before.sent) / seconds,
        received=max(0, now.received - before.received) / seconds,
        errors=max(0, sum(now.errors) - sum(before.errors)) / seconds,
        mean=max(0, now.micros - before.micros) / 1e6 / answers if answers else None,
        high=quantile(times, HIGH) if answers else None,
    )


def quantile(times: Sequence[int], share: float) -> float:
    """The bound within which this share of what was timed lies; what is slower than all bounds counts as the last."""
    wanted = share * sum(times)
    seen = 0
    for place, count in enumerate(times):
        seen += count
        if seen >= wanted and count:
            return BOUNDS[min(place, len(BOUNDS) - 1)]
    return BOUNDS[-1]


def failing(before: Counts, now: Counts) -> str:
    """At which stage it failed most between the two; "" where it did not."""
    more = [after - first for after, first in zip(now.errors, before.errors, strict=True)]
    most = max(more)
    return STAGES[more.index(most)] if most > 0 else ""
