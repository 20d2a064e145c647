"""What a choice is made with besides its candidates, for the lbmethods that look at more than these.

Made once for each balancer and child, and written before each choice: one place instead of arguments that most methods
would not read.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from evenflow.plan.model import Balancer
from evenflow.slotmem.members import MemberSlot

Pick = Callable[[list[MemberSlot]], "MemberSlot | None"]
"""An lbmethod at work: takes the candidates in configuration order and returns one, None only if there are none."""


class Turn:
    """`now` is float seconds of CLOCK_MONOTONIC. Whoever asks for a choice writes `key` where the method is `keyed`."""

    __slots__ = ("balancer", "now", "key", "dice")

    def __init__(self, balancer: Balancer) -> None:
        self.balancer = balancer
        self.now = 0.0
        self.key = b""
        """What the request is hashed by; b"" where it has no such thing."""
        self.dice: Callable[[], float] = random.random
        """A number from 0 up to 1."""
