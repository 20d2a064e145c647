"""lbmethod=heartbeat: by lot, with the odds that the members say of themselves.

Each member says now and then how many requests it could take (mod_heartbeat, or whoever writes the file); the watchdog
hears it and keeps it in the members' rows (`serve.heartbeats`), which is all that is looked at here. Load factors,
sets, standbys and spares count for nothing, as in httpd. Who says nothing gets nothing.
"""

from __future__ import annotations

from evenflow.balancer.turn import Pick, Turn
from evenflow.slotmem.layout import READY
from evenflow.slotmem.members import MemberSlot


class Heartbeat:
    """The method for one balancer and child."""

    __slots__ = ("turn",)

    def __init__(self, turn: Turn) -> None:
        self.turn = turn

    def choose(self, candidates: list[MemberSlot]) -> MemberSlot | None:
        """Draw one; None where nobody is ready."""
        total = 0
        last = None
        for slot in candidates:
            if slot.shared[READY] > 0:
                total += slot.shared[READY]
                last = slot
        if last is None:
            return None
        drawn = int(self.turn.dice() * total)
        for slot in candidates:
            drawn -= slot.shared[READY]
            if drawn < 0:
                return slot
        # The watchdog wrote meanwhile.
        return last


def heartbeat(turn: Turn) -> Pick:
    """The method's row calls this."""
    return Heartbeat(turn).choose
