"""lbmethod=byrequests: the member that is owed the most requests, weighted by its load factor.

httpd's arithmetic to the digit: `owed` is its lbstatus, `factor` its lbfactor (a hundredfold of loadfactor).
"""

from __future__ import annotations

from evenflow.slotmem.layout import FACTOR, OWED
from evenflow.slotmem.members import MemberSlot


def byrequests(candidates: list[MemberSlot]) -> MemberSlot | None:
    """Choose the member that is owed the most work; of equals the first.

    Each turn every candidate is owed its factor more; the chosen one repays the whole turn.
    With load factors a=3 b=1 c=2 the turns go a c a b c a, a c a b c a, ...
    """
    turn = 0
    most = 0
    best = None
    for slot in candidates:
        factor = slot.shared[FACTOR]
        owed = slot.own[OWED] + factor
        slot.own[OWED] = owed
        turn += factor
        if best is None or owed > most:
            best = slot
            most = owed
    if best is not None:
        best.own[OWED] = most - turn
    return best


def book(slots: list[MemberSlot], chosen: MemberSlot) -> None:
    """Account for a request that its session's route placed: every usable member counts as a candidate, as in httpd.

    So sticky requests shift the choices that are made afterwards.
    """
    turn = 0
    for slot in slots:
        if slot.usable():
            factor = slot.shared[FACTOR]
            slot.own[OWED] += factor
            turn += factor
    chosen.own[OWED] -= turn
