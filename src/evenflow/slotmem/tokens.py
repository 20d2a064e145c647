"""The connections that a member with `max` allows, shared by all processes: each is a token, and who holds none waits.

An eventfd counts the tokens that nobody holds: to take one is a read, to give one back is a write, and whoever waits is
told by its readiness. It is made once for a member and handed on to every process and generation after it. A region
beside it has a row for each process, of which that process is the one writer: what it holds, so that the supervisor
can give back what a killed one held, and since when somebody waits there.

Where `max` falls, the surplus is taken away as tokens come back: whoever gives one back keeps it from the others. Two
that do so at once may take away one too many; the supervisor gives it back at its next look (`settle`).
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from typing import Any, Final

from evenflow.slotmem.adoption import member_keys
from evenflow.slotmem.region import Memory, Region
from evenflow.slotmem.scoreboard import Scoreboard

PLACES: Final = 1024
"""Processes that can hold tokens at once."""
ROW: Final = 8
"""A cache line for each of them."""
HELD: Final = 0
WAITING: Final = 1
"""Requests that wait there."""
SINCE: Final = 2
"""A float: since when the first of them does, CLOCK_MONOTONIC."""
ABSORBED: Final = 3
"""Tokens that it took away because `max` has fallen."""

USED: Final = PLACES * ROW
"""Behind the rows, the supervisor's: so many rows were ever used."""
SURPLUS: Final = USED + 1
"""Tokens to be taken away, those that were taken away included."""


class Tokens:
    """One member's. `limit` is the supervisor's: how many there are, or will be. `fd` and `memory` are those of tokens
    that are in use, where another program goes on with them.
    """

    __slots__ = ("fd", "limit", "region")

    def __init__(self, limit: int, fd: int = -1, memory: Memory | None = None) -> None:
        self.fd = fd if fd >= 0 else os.eventfd(limit, os.EFD_SEMAPHORE | os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.limit = limit
        self.region = Region(SURPLUS + 1, memory)

    # --- a process's --------------------------------------------------------------------------------------------------

    def take(self, place: int) -> bool:
        """Take a token if there is one. A process killed right behind the read loses it, until `settle`: never are
        there more than `limit`."""
        try:
            os.eventfd_read(self.fd)
        except BlockingIOError:
            return False
        self.region.ints[place * ROW + HELD] += 1
        return True

    def give(self, place: int) -> None:
        """Give one back."""
        ints = self.region.ints
        at = place * ROW
        ints[at + HELD] -= 1
        if ints[SURPLUS] and self.excess() > 0:
            ints[at + ABSORBED] += 1
            return
        os.eventfd_write(self.fd, 1)

    def tell(self, place: int, waiting: int, since: float) -> None:
        """So many wait here, the first of them since then."""
        self.region.ints[place * ROW + WAITING] = waiting
        self.region.floats[place * ROW + SINCE] = since

    def others(self, place: int) -> tuple[int, float]:
        """How many wait in other processes, and since when the first of them does; (0, 0.0) for nobody."""
        ints = self.region.ints
        count = 0
        first = 0.0
        for other in range(ints[USED]):
            at = other * ROW
            if ints[at + WAITING] and other != place:
                count += ints[at + WAITING]
                since = self.region.floats[at + SINCE]
                if first == 0.0 or since < first:
                    first = since
        return count, first

    def excess(self) -> int:
        """Tokens that are still to be taken away."""
        ints = self.region.ints
        left = ints[SURPLUS]
        for place in range(ints[USED]):
            left -= ints[place * ROW + ABSORBED]
        return left

    # --- the supervisor's ---------------------------------------------------------------------------------------------

    def begin(self, place: int) -> None:
        """A process is to have this place."""
        self.region.ints[USED] = max(self.region.ints[USED], place + 1)

    def bury(self, place: int) -> None:
        """The process in this place is dead: give back what it held."""
        ints = self.region.ints
        at = place * ROW
        held = ints[at + HELD]
        ints[at + HELD] = ints[at + WAITING] = 0
        ints[SURPLUS] -= ints[at + ABSORBED]
        ints[at + ABSORBED] = 0
        self.add(held)

    def resize(self, limit: int) -> None:
        """From now on there are so many."""
        more = limit - self.limit
        self.limit = limit
        if more > 0:
            self.add(more)
        else:
            self.region.ints[SURPLUS] -= more
            self.settle()

    def add(self, count: int) -> None:
        """Put tokens in, less those that are to be taken away."""
        away = min(count, max(0, self.excess()))
        self.region.ints[SURPLUS] -= away
        if count > away:
            os.eventfd_write(self.fd, count - away)

    def settle(self) -> bool:
        """Take away what is too much and lies there, put back what was taken away too often; whether all is as it
        should be."""
        ints = self.region.ints
        while (excess := self.excess()) > 0:
            try:
                os.eventfd_read(self.fd)
            except BlockingIOError:
                return False
            ints[SURPLUS] -= 1
        if excess < 0:
            ints[SURPLUS] -= excess
            os.eventfd_write(self.fd, -excess)
        return True

    def held(self) -> int:
        """How many are held, by everybody."""
        found = 0
        for place in range(self.region.ints[USED]):
            found += self.region.ints[place * ROW + HELD]
        return found

    def free(self) -> int:
        """How many lie there; read where the kernel shows it."""
        with open(f"/proc/self/fdinfo/{self.fd}", encoding="ascii") as file:
            for line in file:
                if line.startswith("eventfd-count:"):
                    return int(line.split()[1], 16)
        raise OSError("the kernel does not show the count of an eventfd")

    def lost(self) -> int:
        """How many are neither held nor free: only right while nobody takes or gives."""
        return self.limit + self.excess() - self.held() - self.free()

    def close(self) -> None:
        """The supervisor needs it no more."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def hand_on(new: Scoreboard, old: Scoreboard | None) -> None:
    """Every member of `new` with `max` has its tokens: those that it has in `old`, else fresh ones."""
    known: dict[Hashable, Any] = {}
    if old is not None:
        keys = member_keys(old)
        known = {keys[index]: tokens for index, tokens in old.tokens.items()}
    for index, key in enumerate(member_keys(new)):
        limit = getattr(new.members[index], "max", 0)
        if limit > 0:
            new.tokens[index] = known[key] if key in known else Tokens(limit)
