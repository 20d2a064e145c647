"""Members that drain: how many sessions they have is kept now and then, to say when they will be gone."""

from __future__ import annotations

import time
from typing import Any

from evenflow.slotmem.layout import DRAINING, STATUS
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.sessions import Left, table_of


class Drains:
    """The supervisor's."""

    def __init__(self) -> None:
        self.going_on = False
        """Some member drains whose sessions are counted."""

    def look(self, scoreboard: Scoreboard, now: float) -> None:
        """Keep what is to be kept by now; who drains no more begins anew the next time."""
        self.going_on = False
        for index, table in scoreboard.sessions.items():
            drains = scoreboard.region.ints[scoreboard.layout.member(index) + STATUS] & DRAINING
            if drains and table_of(scoreboard, index) is not None:
                table.keep_sample(now)
                self.going_on = True
            else:
                table.forget_samples()


def begin(scoreboard: Scoreboard, member: int) -> None:
    """The member with this index drains from now on."""
    table = table_of(scoreboard, member)
    if table is not None:
        # Of a drain before this one, which nobody has looked at since it was over.
        table.forget_samples()
        table.keep_sample(time.monotonic())


def told(left: Left | None) -> dict[str, Any]:
    """For an order's answer; seconds count from now. All is None where sessions are not counted."""
    return {
        "sessions": None if left is None else left.sessions,
        "empty_earliest_in": None if left is None else left.earliest,
        "empty_expected_in": None if left is None else left.expected,
        "sessions_counted_for": None if left is None else left.counted,
        "session_idle": None if left is None else left.idle,
    }
