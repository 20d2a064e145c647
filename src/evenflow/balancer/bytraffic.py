"""lbmethod=bytraffic: the member that has moved the fewest bytes for its load factor, both ways, over all children."""

from __future__ import annotations

from evenflow.slotmem.layout import FACTOR, RECEIVED, SENT
from evenflow.slotmem.members import MemberSlot


def bytraffic(candidates: list[MemberSlot]) -> MemberSlot | None:
    """Choose the member with the smallest load; of equals the first.

    httpd divides both directions by the factor as integers, one by one; so do we.
    """
    least = 0
    best = None
    for slot in candidates:
        factor = slot.shared[FACTOR]
        load = slot.total(SENT) // factor + slot.total(RECEIVED) // factor
        if best is None or load < least:
            best = slot
            least = load
    return best
