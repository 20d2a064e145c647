"""Members that were added while it ran are taken away again, and their rows of the scoreboard given back.

A member that goes drains: it keeps its sessions, where they are counted, until nobody has one there; then it is
disabled; and when nothing is in flight at it in any child, retired ones too, its row is free. For a moment nobody uses
the row, so that every child sees that it is; a child that has not looked since finds another URL in it than it had
taken it by, and begins with it anew. Whoever enables the member before that keeps it.

Looking after those who go is the watchdog's work. Rows of a service's targets are given back by the same function.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final

from evenflow.balancer.added import settle
from evenflow.control import draining
from evenflow.plan.model import Balancer, Member, Plan
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.addresses import NOTHING
from evenflow.slotmem.layout import BUSY, DISABLED, DRAINING, ELECTED, STOPPED
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.sessions import left_at

LOOK: Final = 0.5
"""Seconds from one look at those who go to the next."""
REST: Final = 2.0
"""Seconds for which a row that is free again is not used, so that everybody sees that it is."""
TAKES_NOTHING: Final = DISABLED | STOPPED


class NotRemoved(Exception):
    """Why a member cannot be taken away: a sentence, and what to do instead."""


def remove(member: Member, scoreboard: Scoreboard, now: float) -> None:
    """From now on the member goes. Raises NotRemoved for one that was not added while it ran."""
    balancer = member.balancer
    slot = scoreboard.member(member.slot, 0)
    shown = member.name.decode("latin-1")
    if balancer is None or not is_added(member):
        where = "a service names it" if member.service is not None else f"its line is {member.origin}"
        raise NotRemoved(f"`{shown}` was not added while it ran: {where}. Drain or disable it instead.")
    if slot.goes > 0.0:
        raise NotRemoved(f"`{shown}` is being removed already. Enable it to keep it.")
    slot.goes = now
    if not slot.status & (TAKES_NOTHING | DRAINING):
        slot.set_status(DRAINING, True)
        draining.begin(scoreboard, member.slot)
    scoreboard.balancer(balancer.index).changed()


def is_added(member: Member) -> bool:
    """Whether somebody added it while it ran."""
    return member.balancer is not None and member.service is None and member in member.balancer.spares


def rests(slot: MemberSlot, now: float) -> bool:
    """Whether its row was another member's a moment ago."""
    return slot.goes < 0.0 and now < REST - slot.goes


def give_back(balancer: Balancer, member: Member, scoreboard: Scoreboard, now: float) -> None:
    """The member is no more, and nobody uses it: its row is free, and as the configuration made it."""
    slot = scoreboard.member(member.slot, 0)
    slot.url = b""
    scoreboard.clear_member(member.slot)
    slot.goes = -now
    row = scoreboard.address(member.slot)
    row.left_at = 0.0
    row.write("", NOTHING)
    table = scoreboard.sessions.get(member.slot)
    if table is not None:
        table.begin_anew(now)
    settle((balancer,), scoreboard)
    scoreboard.balancer(balancer.index).changed()


class Removals:
    """Those who go of one generation, until cancelled."""

    def __init__(self, plan: Plan, scoreboard: Scoreboard, log: ErrorLog) -> None:
        self.scoreboard = scoreboard
        self.log = log
        self.rows = [member for balancer in plan.balancers for member in balancer.spares if member.service is None]
        self.quiet: set[int] = set()
        """Rows of those that took nothing, and where nothing was in flight, at the last look."""

    async def run(self) -> None:
        """Look now and then."""
        while True:
            self.look(monotonic())
            await asyncio.sleep(LOOK)

    def look(self, now: float) -> None:
        """Disable those that nobody needs any more, and free the rows of those where nothing is in flight."""
        before, self.quiet = self.quiet, set()
        for member in self.rows:
            slot = self.scoreboard.member(member.slot, 0)
            if slot.goes <= 0.0 or slot.total(BUSY):
                continue
            if not slot.status & TAKES_NOTHING:
                self.look_at_sessions(member, slot)
            elif member.slot not in before:
                # Whoever has chosen it in the moment when it was disabled is in flight by the next look.
                self.quiet.add(member.slot)
            else:
                self.end(member, now)

    def look_at_sessions(self, member: Member, slot: MemberSlot) -> None:
        """It is disabled once nobody has a session there."""
        left = left_at(self.scoreboard, member.slot, slot.total(ELECTED))
        if left is None or not left.sessions:
            assert member.balancer is not None
            slot.set_status(DISABLED, True)
            self.scoreboard.balancer(member.balancer.index).changed()

    def end(self, member: Member, now: float) -> None:
        balancer = member.balancer
        assert balancer is not None
        settle((balancer,), self.scoreboard)
        name = member.name.decode("latin-1")
        self.log.notice(
            "a member that was added is removed: nobody uses it any more",
            f"removed {name}",
            balancer=balancer.name.decode("latin-1"),
            member=name,
        )
        give_back(balancer, member, self.scoreboard, now)
