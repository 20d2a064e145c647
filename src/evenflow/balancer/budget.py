"""How many failed attempts may be repeated, so that a failing cluster is not finished off by repeats.

A share of the traffic of the last seconds, and a few a second besides, so that little traffic has its repeats too. Each
child has a budget for each balancer. It limits only what follows a failure: first attempts cost nothing.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    # Compiled, it is the C library's.
    from math import exp

WINDOW = 10.0
"""Seconds in which what was not spent fades to a third (1/e): nobody saves up for a bad hour."""

REFUSED = 0.1
"""What it costs to go on after a connection that was not made. Nobody worked for it, so it adds no load; with one of
two members dead and `retry=0` every other request does that, and shall not fail for it."""

if cython.compiled:
    # The `.pxd` makes a C variable of it, which Python does not see: put it where an import looks.
    globals().update(REFUSED=REFUSED)


class RetryBudget:
    """With `share` 0.2 every fifth request may be repeated once, and `per_second` a second whatever the traffic.

    Requests are counted only when something failed: by how often the child had chosen a member by then.
    """

    __slots__ = ("share", "per_second", "left", "_chosen", "_at", "_granted")

    def __init__(self, share: float, per_second: float) -> None:
        self.share = share
        self.per_second = per_second
        self.left = per_second * WINDOW
        """Repeats that it would grant now."""
        self._chosen = 0
        self._granted = 0
        """What it granted since it looked last: repeats are choices too, and earn nothing."""
        self._at = 0.0

    def take(self, chosen: int, now: float, cost: float) -> bool:
        """Whether one more repeat is granted. `chosen` counts all choices so far; `now` is CLOCK_MONOTONIC.

        `cost` is 1.0 where a member may have worked for what failed, and REFUSED where nothing reached it.
        """
        self._earn(chosen, now)
        if self.left < cost:
            return False
        self.left -= cost
        self._granted += 1
        return True

    def _earn(self, chosen: int, now: float) -> None:
        """What requests and time have brought since the last look, as if they had come evenly."""
        passed = now - self._at
        if passed <= 0.0:
            return
        earned = self.per_second * passed
        requests = chosen - self._chosen - self._granted
        if requests > 0:
            earned += self.share * requests
        kept = exp(-passed / WINDOW)
        self.left = self.left * kept + earned * (1.0 - kept) * WINDOW / passed
        self._chosen = chosen
        self._granted = 0
        self._at = now
