"""Members that do worse than the others are passed over for a while (EvenflowEject).

Once in an interval each child looks at what all children counted since it looked last. An outlier is a member of which
too many attempts failed, while few of the others' did, or whose answers begin several times later than the others'. It
keeps its sessions and gets no new requests; each time in a row it is passed over for longer. What one child decides it
writes into its own row; as all look at the same numbers, they come to the same at about the same time.

The last usable member is never passed over, and no more members than a share of all.
"""

from __future__ import annotations

from evenflow.plan.balancing import Ejection
from evenflow.slotmem.layout import DRAINING, EJECTED_UNTIL, EJECTIONS, FAULTS, OUTCOMES, PASSED_OVER, STATUS, WAITED
from evenflow.slotmem.members import MemberSlot

LONGEST = 10
"""Times in a row after which the time that an outlier is passed over grows no more."""
NOTICEABLE = 0.05
"""Seconds: answers that begin sooner than this are not late, however fast the others are."""


class Outliers:
    """For one balancer and child. Counts and seconds since the last look; times are CLOCK_MONOTONIC."""

    __slots__ = ("ejection", "slots", "news", "next_look", "_seen")

    def __init__(self, ejection: Ejection, slots: list[MemberSlot]) -> None:
        self.ejection = ejection
        self.slots = slots
        self.news: list[tuple[MemberSlot, str, float]] = []
        """(who was ejected, why, for how many seconds), for the log; whoever reads it empties it."""
        self.next_look = 0.0
        self._seen = [(0, 0, 0.0)] * len(slots)
        """What had been counted of each member at the last look: outcomes, faults, seconds waited."""

    def pass_over(self, found: list[MemberSlot], now: float) -> None:
        """Take the outliers out of the candidates; never all of them."""
        if now >= self.next_look:
            self.look(now)
        kept = 0
        for place in range(len(found)):
            slot = found[place]
            until = slot.times[EJECTED_UNTIL]
            if until != 0.0:
                if now < until:
                    continue
                slot.times[EJECTED_UNTIL] = 0.0
                slot.failure[1] = now
            found[place] = found[kept]
            found[kept] = slot
            kept += 1
        if kept:
            del found[kept:]

    def look(self, now: float) -> None:
        """Compare the members by what happened since the last look, and eject who is an outlier."""
        first = self.next_look == 0.0
        self.next_look = now + self.ejection.interval
        while len(self._seen) < len(self.slots):
            # Added while it runs.
            self._seen.append((0, 0, 0.0))
        since = [self._since(place) for place in range(len(self.slots))]
        if first:
            # What was counted before this child began says nothing of now.
            return
        # The worst first: of two outliers perhaps only one may be ejected.
        for _, place in sorted([(-since[place][1], place) for place in range(len(since))]):
            slot = self.slots[place]
            if slot.times[EJECTED_UNTIL] != 0.0 or since[place][0] < self.ejection.requests:
                continue
            why = self.worse_than_others(place, since)
            if not why:
                slot.own[EJECTIONS] = max(0, slot.own[EJECTIONS] - 1)
            elif self.may_eject(slot):
                self.eject(slot, why, now)

    def _since(self, place: int) -> tuple[int, int, float]:
        """Outcomes, faults and seconds waited of one member, by all children, since the last look."""
        slot = self.slots[place]
        outcomes, faults, waited = slot.total(OUTCOMES), slot.total(FAULTS), slot.total_time(WAITED)
        before = self._seen[place]
        self._seen[place] = (outcomes, faults, waited)
        return max(0, outcomes - before[0]), max(0, faults - before[1]), max(0.0, waited - before[2])

    def worse_than_others(self, place: int, since: list[tuple[int, int, float]]) -> str:
        """Why the member is an outlier, in words; "" if it is none."""
        ejection = self.ejection
        outcomes, faults, waited = since[place]
        rest = [one for other, one in enumerate(since) if other != place]
        if ejection.errors and faults >= ejection.errors * outcomes:
            all_outcomes = sum([one[0] for one in rest])
            all_faults = sum([one[1] for one in rest])
            # Where the others fail as well it is not the member.
            if all_outcomes and 2 * all_faults * outcomes <= faults * all_outcomes:
                return f"{faults} of {outcomes} attempts failed"
        if ejection.latency:
            means = sorted([one[2] / one[0] for one in rest if one[0] >= ejection.requests])
            mean = waited / outcomes
            if means and mean >= NOTICEABLE and mean > ejection.latency * means[(len(means) - 1) // 2]:
                return f"its answers begin after {mean:.3f} s, the others' after {means[(len(means) - 1) // 2]:.3f} s"
        return ""

    def may_eject(self, slot: MemberSlot) -> bool:
        """Whether another usable member is left, and no more than the allowed share is ejected then."""
        ejected = 1
        left = 0
        for other in self.slots:
            if other is slot:
                continue
            if other.times[EJECTED_UNTIL] != 0.0:
                ejected += 1
            elif other.usable() and not other.shared[STATUS] & DRAINING:
                left += 1
        return left > 0 and ejected <= max(1, int(self.ejection.most * len(self.slots)))

    def eject(self, slot: MemberSlot, why: str, now: float) -> None:
        """Pass the member over: the longer, the more often it happened in a row."""
        times = min(LONGEST, slot.own[EJECTIONS] + 1)
        slot.own[EJECTIONS] = times
        seconds = self.ejection.seconds * times
        slot.times[EJECTED_UNTIL] = now + seconds
        slot.measured[PASSED_OVER] += 1
        self.news.append((slot, why, seconds))
