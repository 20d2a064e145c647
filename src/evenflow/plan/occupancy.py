"""How full this child is: `%i` and `%b` of Header and RequestHeader.

httpd counts threads, of which there are MaxRequestWorkers. A child of ours has no such number: it takes connections
as long as it has descriptors for them, so it is those that are counted. The serving room tells, ten times a second.
"""

from __future__ import annotations


class Occupancy:
    """`used` connections of clients, and `room` for so many."""

    __slots__ = ("used", "room")

    def __init__(self) -> None:
        self.used = 0
        self.room = 0
        """0 while nobody has said."""

    def tell(self, used: int, room: int) -> None:
        """So many there are, and so many there could be."""
        self.used = used
        self.room = room

    def busy(self) -> int:
        """The percentage that is used, rounded down."""
        return min(100, self.used * 100 // self.room) if self.room else 0

    def idle(self) -> int:
        """The percentage that is free, rounded down."""
        return max(0, self.room - self.used) * 100 // self.room if self.room else 100


CHILD = Occupancy()
"""This process's."""
