"""How full this child is: `%i` and `%b` of Header and RequestHeader.

httpd counts threads, of which there are MaxRequestWorkers. A child of ours has no such number: it takes connections
as long as it has descriptors for them, so it is those that are counted. The serving room says once which they are.
"""

from __future__ import annotations

from collections.abc import Sized


class Occupancy:
    """The connections of clients (`used`: as many as there are now), and `room` for so many."""

    __slots__ = ("used", "room")

    def __init__(self) -> None:
        self.used: Sized = ()
        self.room = 0
        """0 while nobody has said."""

    def begin(self, used: Sized, room: int) -> None:
        """These are counted; there could be so many."""
        self.used = used
        self.room = room

    def busy(self) -> int:
        """The percentage that is used, rounded down."""
        return min(100, len(self.used) * 100 // self.room) if self.room else 0

    def idle(self) -> int:
        """The percentage that is free, rounded down."""
        return max(0, self.room - len(self.used)) * 100 // self.room if self.room else 100


CHILD = Occupancy()
"""This process's."""
