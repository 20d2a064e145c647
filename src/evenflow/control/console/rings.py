"""What the charts show: the last minutes of each member, in memory that a reload hands on.

One ring for each member and kind of number. The rings lie in a region of shared memory, as wide as the plan: so what
they take is known beforehand, and the watchdog of the next generation goes on where the one before it was.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from evenflow.slotmem.region import Memory, Region

POINTS: Final = 60
SECONDS: Final = 5.0
"""Between two points: five minutes in all."""
KINDS: Final = ("requests", "time", "errors")
"""Requests a second; the mean of seconds that answers took; failures a second."""
HEAD: Final = 1
"""Cells before the rings: how many points were written."""


class Rings:
    """`keys[i]` names the member of row i over generations. `memory` is that of rings which are there already;
    ValueError where it is smaller.
    """

    def __init__(self, keys: Sequence[Hashable], memory: Memory | None = None) -> None:
        self.keys = list(keys)
        self.region = Region(HEAD + len(self.keys) * len(KINDS) * POINTS, memory)

    @property
    def written(self) -> int:
        """Points of each ring, ever."""
        return self.region.ints[0]

    def add(self, points: Sequence[Sequence[float]]) -> None:
        """Another point of everybody: a number of each kind."""
        place = self.written % POINTS
        for index, numbers in enumerate(points[: len(self.keys)]):
            for kind, number in enumerate(numbers):
                self.region.floats[self._at(index, kind) + place] = number
        self.region.ints[0] += 1

    def series(self, index: int, kind: int) -> list[float]:
        """The oldest first; as many as there are."""
        at, written = self._at(index, kind), self.written
        ring = list(self.region.floats[at : at + POINTS])
        place = written % POINTS
        return ring[:written] if written < POINTS else ring[place:] + ring[:place]

    def adopt(self, old: Rings) -> None:
        """Go on where `old` is, for members that both have."""
        self.region.ints[0] = old.written
        places = {key: index for index, key in enumerate(old.keys)}
        for index, key in enumerate(self.keys):
            if key in places:
                for kind in range(len(KINDS)):
                    to, here = self._at(index, kind), old._at(places[key], kind)
                    self.region.floats[to : to + POINTS] = old.region.floats[here : here + POINTS]

    def _at(self, index: int, kind: int) -> int:
        return HEAD + (index * len(KINDS) + kind) * POINTS
