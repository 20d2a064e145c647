"""Sees changes that nobody wrote into the ledger, and writes them there: each change has a line, whoever made it.

Who changes something writes it down right after; so a difference counts as unsaid only when it is there at two looks.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from evenflow.control import lasting
from evenflow.control.console import settings
from evenflow.control.console.ledger import Ledger
from evenflow.control.console.settings import Difference
from evenflow.plan.model import Balancer
from evenflow.slotmem.scoreboard import Scoreboard

RECENT: Final = 30.0
"""Seconds back in which a line of the ledger explains what is seen."""
NOBODY: Final = "unknown"
OTHERWISE: Final = "by another way"
ITSELF: Final = "evenflow"
OVER: Final = "the time of its drain is over"
UNUSED: Final = "nobody uses it any more"
BY_SERVICE: Final = "its service"


class Witness:
    """One generation's."""

    def __init__(self, balancers: Sequence[Balancer], scoreboard: Scoreboard, ledger: Ledger) -> None:
        self.balancers = balancers
        self.scoreboard = scoreboard
        self.ledger = ledger
        self.known = settings.read(balancers, scoreboard)
        self.stamp = lasting.changes(scoreboard)
        self.in_doubt = False

    def learn(self) -> list[Difference]:
        """What has changed since it looked last; from now on it is known."""
        now = settings.read(self.balancers, self.scoreboard)
        found = settings.differences(self.known, now)
        self.known = now
        return found

    def look(self) -> None:
        """Write down what is there and nobody said."""
        stamp = lasting.changes(self.scoreboard)
        if stamp == self.stamp and not self.in_doubt:
            return
        self.stamp = stamp
        if not self.in_doubt:
            now = settings.read(self.balancers, self.scoreboard)
            self.in_doubt = bool(settings.differences(self.known, now))
            return
        self.write_unsaid()

    def write_unsaid(self) -> None:
        """Write down all that is there by now and nobody said."""
        self.in_doubt = False
        unsaid: dict[tuple[str, str], list[Difference]] = {}
        for one in self.learn():
            if not self.said(one):
                unsaid.setdefault(self.whose(one), []).append(one)
        for (who, how), what in unsaid.items():
            self.ledger.note(who, how, what)

    def whose(self, difference: Difference) -> tuple[str, str]:
        """Who did that, and how, as far as it can be told."""
        if settings.BY_SERVICE in (difference.before, difference.after):
            return ITSELF, BY_SERVICE
        if difference.field == settings.REMOVED or self.is_empty(difference):
            return ITSELF, UNUSED
        return (ITSELF, OVER) if self.is_over(difference) else (NOBODY, OTHERWISE)

    def is_empty(self, difference: Difference) -> bool:
        """Whether a member was disabled because it is being removed and nobody has a session there."""
        if difference.field != "w_status_D" or difference.after != "1":
            return False
        return self.known.get((difference.place, settings.GOES)) == "1"

    def said(self, difference: Difference) -> bool:
        """Whether the ledger has it."""
        since = time.time() - RECENT
        recent = [one for one in self.ledger.all() if one.at >= since]
        return any(
            one.place == difference.place and one.field == difference.field and one.after == difference.after
            for change in recent
            for one in change.what
        )

    def is_over(self, difference: Difference) -> bool:
        """Whether a member was disabled because it was to be empty by now."""
        if difference.field != "w_status_D" or difference.after != "1":
            return False
        for member in self.scoreboard.members:
            if member.name.decode("latin-1") == difference.place[2]:
                index = self.scoreboard.members.index(member)
                leave_by = self.scoreboard.member(index, 0).leave_by
                if 0.0 < leave_by <= time.monotonic():
                    return True
        return False
