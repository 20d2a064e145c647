"""What the supervisor does for members with `max`: places for the processes that hold tokens, and what the dead held.

A process killed between the kernel's giving a token and its own note of it takes that one with it. So after each death
tokens are counted once a second, and what was missing three times in a row, the same number, is put back.
"""

from __future__ import annotations

from typing import Final

from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.tokens import PLACES, Tokens

LOOKS: Final = 3
"""So often the same number must be missing."""
COUNT_SECONDS: Final = 0.9
"""From one time to the next; the supervisor looks once a second, and whenever it is told something."""
MOST_LOOKS: Final = 30
"""So often is looked after a death, where the number changes."""


class Allowance:
    """The supervisor's."""

    def __init__(self) -> None:
        self.places: set[int] = set()
        self.doubts: dict[Tokens, Doubt] = {}
        self.next_count = 0.0
        self.in_doubt = False
        """It is to be looked at again in a second."""

    def take_place(self, scoreboard: Scoreboard) -> int:
        """The place of a process that is to be, free until now. Where all are taken the last is shared: what the dead
        held is not exact then."""
        place = next((place for place in range(PLACES) if place not in self.places), PLACES - 1)
        self.places.add(place)
        for tokens in scoreboard.tokens.values():
            tokens.begin(place)
        return place

    def bury(self, scoreboard: Scoreboard, place: int) -> None:
        """The process in this place is gone."""
        self.places.discard(place)
        for tokens in scoreboard.tokens.values():
            tokens.bury(place)
            self.doubts[tokens] = Doubt()
            self.in_doubt = True

    def resize(self, scoreboard: Scoreboard) -> None:
        """This configuration serves: its `max` is what counts."""
        for index, tokens in scoreboard.tokens.items():
            limit = scoreboard.members[index].max  # type: ignore[attr-defined]
            if limit != tokens.limit:
                tokens.resize(limit)
                self.in_doubt = True

    def look(self, scoreboard: Scoreboard, now: float) -> None:
        """Take away what is too much, and put back what got lost."""
        if not self.in_doubt:
            return
        self.in_doubt = False
        used = list(scoreboard.tokens.values())
        for tokens in used:
            if not tokens.settle():
                self.in_doubt = True
        if now >= self.next_count:
            self.next_count = now + COUNT_SECONDS
            for tokens, doubt in list(self.doubts.items()):
                if tokens not in used or doubt.is_over(tokens):
                    del self.doubts[tokens]
        if self.doubts:
            self.in_doubt = True


class Doubt:
    """Whether a death has cost one member tokens."""

    __slots__ = ("looks", "missing", "times")

    def __init__(self) -> None:
        self.looks = 0
        self.missing = 0
        self.times = 0

    def is_over(self, tokens: Tokens) -> bool:
        """Count again; whether that is enough."""
        try:
            missing = tokens.lost()
        except OSError:
            return True
        self.looks += 1
        self.times = self.times + 1 if missing == self.missing else 1
        self.missing = missing
        if self.times < LOOKS:
            return self.looks >= MOST_LOOKS
        if missing > 0:
            tokens.add(missing)
        return True
