"""lbmethod=leastconn: the member with the fewest requests and tunnels in flight for its load factor, over all children.

Between equally loaded members it decides like byrequests, so an idle system follows the load factors. bybusyness is
httpd's: it compares the plain numbers.
"""

from __future__ import annotations

from evenflow.balancer.byrequests import byrequests
from evenflow.slotmem.layout import BUSY, FACTOR
from evenflow.slotmem.members import MemberSlot


def leastconn(candidates: list[MemberSlot]) -> MemberSlot | None:
    """Choose the member with the smallest in flight / load factor; of equals the one that is owed the most.

    The sum over the children's own rows is cheap enough to be made each time: nothing is passed between children, and a
    request counts for all of them from the moment at which it is booked.
    """
    least = 0
    weight = 0
    equals: list[MemberSlot] = []
    for slot in candidates:
        factor = slot.shared[FACTOR]
        busy = slot.total(BUSY)
        # busy / factor against least / weight, without dividing.
        if not equals or busy * weight < least * factor:
            least = busy
            weight = factor
            equals.clear()
            equals.append(slot)
        elif busy * weight == least * factor:
            equals.append(slot)
    return byrequests(equals)
