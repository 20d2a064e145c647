"""A member that has just recovered takes little at first, and more from second to second (EvenflowSlowStart).

It is left out of a part of the turns, whatever the lbmethod: the method never sees that it could have been chosen, so
nothing is owed to it. Each child does this for itself by the moment at which the member left the error state, which
they share. Sessions of the member are not held back.
"""

from __future__ import annotations

from evenflow.slotmem.members import MemberSlot


class SlowStart:
    """For `seconds` after a recovery a member takes part in a growing share of the turns, beginning with `least`."""

    __slots__ = ("seconds", "least", "credits")

    def __init__(self, seconds: float, least: float) -> None:
        self.seconds = seconds
        self.least = least
        self.credits: dict[MemberSlot, float] = {}
        """Turns that a member may still take part in; less than one."""

    def share(self, slot: MemberSlot, now: float) -> float:
        """The part of the turns that it takes part in now."""
        recovered = slot.failure[1]
        passed = now - recovered
        if recovered == 0.0 or passed >= self.seconds:
            return 1.0
        return max(self.least, passed / self.seconds)

    def hold_back(self, found: list[MemberSlot], now: float) -> None:
        """Take those out of the candidates who sit this turn out; never all of them."""
        size = len(found)
        kept = 0
        for place in range(size):
            slot = found[place]
            share = self.share(slot, now)
            if share < 1.0:
                credit = self.credits.get(slot, 0.0) + share
                if credit < 1.0:
                    self.credits[slot] = credit
                    continue
                self.credits[slot] = credit - 1.0
            # Those who stay move to the front, in order.
            found[place] = found[kept]
            found[kept] = slot
            kept += 1
        if kept:
            del found[kept:]
