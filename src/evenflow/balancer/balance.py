"""One balancer as one child sees it: its members' slots and what it is told to be at this moment.

It keeps copies of what the manager may change and takes them anew when the balancer's row says that something changed.
Choosing is next door in `choose`.
"""

from __future__ import annotations

from enum import Enum

from evenflow.balancer.added import leave_url, take_url
from evenflow.balancer.budget import RetryBudget
from evenflow.balancer.byrequests import byrequests
from evenflow.balancer.methods import METHODS, method
from evenflow.balancer.outliers import Outliers
from evenflow.balancer.slow_start import SlowStart
from evenflow.balancer.turn import Turn
from evenflow.plan.model import Balancer
from evenflow.slotmem.layout import (
    CHANGES,
    DISABLED,
    DRAINING,
    ELECTED,
    FACTOR,
    OWED,
    RESTART_AT_FACTOR,
    SPARE,
    STANDBY,
    STOPPED,
)
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard

FIRST_ANSWER = 5.0
"""Seconds from a child's start: so long requests wait for a service that has named nobody yet."""


class NoMember(Enum):
    """Why no member was chosen, in words for the log."""

    EMPTY = "the balancer has no members"
    UNNAMED = "the balancer's service has named no member (EvenflowMembersFrom)"
    UNUSABLE = "every member is in error, disabled, stopped or draining"
    SILENT = "no member has said that it is ready (lbmethod=heartbeat)"
    ROUTE = "the members of the session's route are unusable, and nofailover is on"


UNNAMED = NoMember.UNNAMED


class Balance:
    """Make one for each balancer and child after the fork, and keep it.

    Its fields are what counts now; the plan's `balancer` says what was configured. Read-only for everybody else but
    `trace`: while that is a list, choices write into it what they weigh.
    """

    __slots__ = (
        "balancer", "slots", "candidates", "nofailover", "forcerecovery", "maxattempts", "timeout",
        "sticky_cookie", "sticky_path", "separator", "semicolon_ends",
        "method", "pick", "turn", "keyed", "announced", "watches", "budget", "outliers", "slow_start", "narrows",
        "reason", "trace", "row", "cells", "follows", "_awaited_until", "_child", "_changes", "_restarts", "_spares",
        "_urls",
    )  # fmt: skip

    def __init__(self, balancer: Balancer, scoreboard: Scoreboard, child: int) -> None:
        self.balancer = balancer
        self.slots = [scoreboard.member(member.slot, child) for member in balancer.members]
        """The members in configuration order, and behind them those that were added while it runs."""
        self._spares = [scoreboard.member(member.slot, child) for member in balancer.spares]
        """The rows that are free."""
        self._urls: list[bytes] = []
        """By which URLs those were taken that are not, in the order of `slots`."""
        self._take_added()
        self.follows = any(member.service is not None for member in balancer.spares)
        """Whether a service names members of it."""
        self._awaited_until = scoreboard.child(child).started + FIRST_ANSWER
        self.candidates: list[MemberSlot] = []
        """Who could have been chosen last time."""
        self.reason: NoMember | None = None
        """Why the last choice came to nothing; None after one that did not."""
        self.trace: list[str] | None = None
        self.separator = balancer.sticky_separator
        self.semicolon_ends = balancer.semicolon_ends
        self.turn = Turn(balancer)
        self.method = METHODS[0]
        self.pick = self.method.pick_for(self.turn)
        self.keyed = False
        """Whether `turn.key` must be written before a choice."""
        self.announced = False
        """Whether who is ready is a candidate; then sets, standbys and spares count for nothing."""
        self.watches = False
        """Whether `outcomes` must be told how attempts went."""
        more = balancer.balancing
        self.budget = None if more.retries is None else RetryBudget(more.retries.share, more.retries.per_second)
        self.outliers = None if more.ejection is None else Outliers(more.ejection, self.slots)
        self.slow_start = SlowStart(more.slow_start, more.slow_least) if more.slow_start > 0.0 else None
        self.narrows = self.outliers is not None or self.slow_start is not None
        """Whether some candidates may sit a turn out."""
        self.forcerecovery = balancer.forcerecovery
        self._child = child
        self.row = scoreboard.balancer(balancer.index)
        self.cells = self.row.cells
        self._changes = -1
        self._restarts = self.row.restarts
        if all(slot.owed == 0 and slot.elected == 0 for slot in self.slots):
            self._stagger()
        self.read()

    def read(self) -> None:
        """Take over what the manager changed since this child looked last."""
        row = self.row
        self._changes = row.cells[CHANGES]
        self.nofailover = row.nofailover
        self.maxattempts = row.maxattempts
        """Failover attempts after the first."""
        self.timeout = row.timeout
        """Seconds to wait for a member while there is none."""
        self.sticky_cookie = row.sticky_cookie
        """b"" where the balancer is not sticky."""
        self.sticky_path = row.sticky_path
        chosen = METHODS[row.method - 1] if row.method else method(self.balancer.lbmethod)
        if chosen is not self.method:
            self.method = chosen
            self.pick = chosen.pick_for(self.turn)
            self.keyed = chosen.keyed
            self.announced = chosen.announced
        if self.balancer.spares:
            self._give_back()
            self._take_added()
        self.watches = chosen.learns or self.outliers is not None
        for slot in self.slots:
            slot.read_texts()
        if row.restarts != self._restarts:
            self._restarts = row.restarts
            self._restart(row.restarts % 2)

    def _take_added(self) -> None:
        """Those that were added since belong to the members."""
        free = []
        for slot in self._spares:
            url = slot.url
            if take_url(slot.member, url):
                self.slots.append(slot)
                self._urls.append(url)
            else:
                free.append(slot)
        self._spares = free

    def _give_back(self) -> None:
        """Rows that are free again, or another's by now, are ours no more. What their members are called says nothing:
        the manager's page may have looked at them in this process."""
        at = len(self.balancer.members)
        gone = []
        for place in range(len(self._urls) - 1, -1, -1):
            slot = self.slots[at + place]
            if slot.url != self._urls[place]:
                gone.append(slot)
                del self.slots[at + place], self._urls[place]
                leave_url(slot.member)
        if not gone:
            return
        self._spares += gone
        # What was remembered of them must not be taken for their successors'.
        self.pick = self.method.pick_for(self.turn)
        if self.outliers is not None:
            self.outliers = Outliers(self.outliers.ejection, self.slots)

    def patience(self, since: float) -> float:
        """Until when a request waits that finds no member, and has found none since then. `timeout` says it, as in
        httpd; and where a service has named nobody yet, whoever comes just after the start waits for its answer.
        """
        until = since + self.timeout
        if self.reason is UNNAMED and self._awaited_until > until:
            return self._awaited_until
        return until

    def may_repeat(self, now: float, cost: float) -> bool:
        """Whether a failed attempt may be followed by another one: takes its cost from the budget (`budget.take`)."""
        budget = self.budget
        if budget is None:
            return True
        chosen = 0
        for slot in self.slots:
            chosen += slot.own[ELECTED]
        return budget.take(chosen, now, cost)

    def take_news(self) -> list[tuple[str, str, float]]:
        """Whom this child has begun to pass over since this was asked last: balancer and member, why, how long."""
        outliers = self.outliers
        if outliers is None or not outliers.news:
            return []
        name = self.balancer.name.decode("latin-1")
        told = [(f"{name} {slot.member.name.decode('latin-1')}", why, seconds) for slot, why, seconds in outliers.news]
        outliers.news.clear()
        return told

    def is_current(self) -> bool:
        """Whether nothing changed since `read`."""
        return self.cells[CHANGES] == self._changes

    def _restart(self, how: int) -> None:
        for slot in self.slots:
            slot.own[OWED] = slot.shared[FACTOR] if how == RESTART_AT_FACTOR else 0
        self._stagger()

    def _stagger(self) -> None:
        """Begin as many turns later as there are children before this one: not all begin with the same member."""
        begin = [slot for slot in self.slots if not slot.status & (DISABLED | STOPPED | STANDBY | SPARE | DRAINING)]
        first = [slot for slot in begin if slot.lbset == min(other.lbset for other in begin)]
        for _ in range(self._child):
            byrequests(first)

    def __repr__(self) -> str:
        return f"Balance({self.balancer!r}, child {self._child})"
