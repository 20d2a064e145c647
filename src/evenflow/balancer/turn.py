"""What a choice is made with besides its candidates, for the lbmethods that look at more than these.

Made once for each balancer and child, and written before each choice: one place instead of arguments that most methods
would not read.
"""

from __future__ import annotations

from evenflow.plan.model import Balancer


class Turn:
    """`now` is float seconds of CLOCK_MONOTONIC."""

    __slots__ = ("balancer", "now")

    def __init__(self, balancer: Balancer) -> None:
        self.balancer = balancer
        self.now = 0.0
