"""lbmethod=bybusyness: the member with the fewest requests in flight, over all children.

Between equally busy members it decides like byrequests, with the same bookkeeping, so an idle system follows the load
factors.
"""

from __future__ import annotations

from evenflow.slotmem.layout import BUSY, FACTOR, OWED
from evenflow.slotmem.members import MemberSlot


def bybusyness(candidates: list[MemberSlot]) -> MemberSlot | None:
    """Choose the least busy member; of equally busy ones the one that is owed the most; of equals the first."""
    turn = 0
    least = 0
    most = 0
    best = None
    for slot in candidates:
        factor = slot.shared[FACTOR]
        owed = slot.own[OWED] + factor
        slot.own[OWED] = owed
        turn += factor
        busy = slot.total(BUSY)
        if best is None or busy < least or (busy == least and owed > most):
            best = slot
            least = busy
            most = owed
    if best is not None:
        best.own[OWED] = most - turn
    return best
