"""How attempts went, for those who learn from it: an lbmethod that looks at latencies, and the search for outliers.

Told only where somebody does (`balance.watches`); written into the child's own row of the member.
"""

from __future__ import annotations

from evenflow.balancer.balance import Balance
from evenflow.balancer.peakewma import learn
from evenflow.slotmem.layout import FAULTS, OUTCOMES, WAITED
from evenflow.slotmem.members import MemberSlot


def tell(balance: Balance, slot: MemberSlot, seconds: float, good: bool, now: float) -> None:
    """An attempt came to its outcome after so many seconds: an answer began (`good` unless its status blames the
    member), or it failed. Negative `seconds` say that the time was not the member's, but a client's who sent a body."""
    slot.own[OUTCOMES] += 1
    if not good:
        slot.own[FAULTS] += 1
    if seconds >= 0.0:
        slot.times[WAITED] += seconds
        if balance.method.learns:
            learn(slot, seconds, now)
