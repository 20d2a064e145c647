"""lbmethod=peakewma: of two members drawn by lot the one that is likely to answer first.

What a member costs is how long it took to begin its answers of late, times what it has in flight, by its load factor.
A slower answer than expected counts at once, a faster one little by little, and what is old is forgotten: so a member
that was slow is asked again after a while. Each child learns for itself, in its own row; what is in flight is counted
over all children. Drawing lots keeps children that know the same from all choosing the same member.
"""

from __future__ import annotations

import cython

from evenflow.balancer.turn import Pick, Turn
from evenflow.slotmem.layout import BUSY, FACTOR, LATENCY, LATENCY_AT
from evenflow.slotmem.members import MemberSlot

if not cython.compiled:
    # Compiled, it is the C library's.
    from math import exp

MEMORY = 10.0
"""Seconds in which what was learnt fades to a third (1/e)."""
LEAST = 1e-9
"""0.0 means unknown."""
UNKNOWN = 1e6
"""The cost of a member that is at work and of which nothing is known yet: one request finds out, the others go on."""


class PeakEwma:
    """The method for one balancer and child."""

    __slots__ = ("turn",)

    def __init__(self, turn: Turn) -> None:
        self.turn = turn

    def choose(self, candidates: list[MemberSlot]) -> MemberSlot | None:
        """Choose the cheaper of two; of equals the first that was drawn."""
        size = len(candidates)
        if size < 2:
            return candidates[0] if size else None
        turn = self.turn
        place = int(turn.dice() * size)
        other = int(turn.dice() * (size - 1))
        if other >= place:
            other += 1
        one = candidates[place]
        two = candidates[other]
        return two if cost(two, turn.now) < cost(one, turn.now) else one


def peakewma(turn: Turn) -> Pick:
    """The method's row calls this."""
    return PeakEwma(turn).choose


def cost(slot: MemberSlot, now: float) -> float:
    """What one more request would cost there."""
    busy = slot.total(BUSY)
    latency = slot.times[LATENCY]
    if latency == 0.0:
        latency = UNKNOWN if busy else 0.0
    else:
        latency *= exp((slot.times[LATENCY_AT] - now) / MEMORY)
    return latency * (busy + 1) / slot.shared[FACTOR]


def learn(slot: MemberSlot, seconds: float, now: float) -> None:
    """The member took so long to begin an answer, or to fail."""
    known = slot.times[LATENCY]
    if seconds < known:
        kept = exp((slot.times[LATENCY_AT] - now) / MEMORY)
        seconds = known * kept + seconds * (1.0 - kept)
    slot.times[LATENCY] = seconds or LEAST
    slot.times[LATENCY_AT] = now
