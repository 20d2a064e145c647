"""How many sessions a member has: a byte for each of them says when it was seen last.

A member of a sticky balancer has a table, the same in all children and generations; where the manager can make
balancers sticky while it runs, everybody's member has one, for the time when it is. A request that its session leads to
the member stores the moment, in steps, into the byte that the session's hash names (`MemberSlot.saw`): one store and no
lock. Who has not been seen for the balancer's idle time (EvenflowSessionIdle) is gone. The bytes that are fresh are
counted, and corrected for sessions that share a byte (linear counting: Whang, Vander-Zanden and Taylor, 1990).

The standard error of n sessions in a table of m bytes is sqrt(m * (exp(n/m) - n/m - 1)). With the usual 65536 bytes
that is 3 of a thousand sessions, 0.4 % of a hundred thousand, and 1 % of 350,000; a table without an empty byte says
`m * log(m)`, 726,817. On top of that a session is gone up to one step, a thirtieth of its idle time, too late.

A step is one of 255, then they begin anew: each child takes old bytes out (`sweep`) in every step. If it does so in
the very moment in which another child sees that session again, this one sight is lost.

The hash is a mixed checksum, the same in every version, so another program goes on counting (`evenflow upgrade`). Who
knows it can make sessions of his own that share a byte, and count for less than they are; with those of other clients
he can do nothing.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from math import log
from time import monotonic
from typing import Any, Final, NamedTuple

from evenflow.slotmem.adoption import member_keys
from evenflow.slotmem.layout import ELECTED, STAMPS
from evenflow.slotmem.region import CELL, Region
from evenflow.slotmem.scoreboard import Scoreboard

STEPS: Final = 30
"""An idle time has so many."""
MOST_BYTES: Final = 65536
LEAST_BYTES: Final = 1024
ALL_BYTES: Final = 1 << 26
"""Where there are more members than fit here with MOST_BYTES each, their tables are smaller."""

SINCE: Final = 0
"""A float: when counting began, CLOCK_MONOTONIC."""
KEPT: Final = 1
"""How many samples were kept since the drain began; the last STEPS of them are there."""
SAMPLES: Final = 2
NO_NAMES: Final = (b"", b"")
HEAD_CELLS: Final = 64
"""SAMPLES and, for each, a float (when) and a number (how many sessions)."""


class Left(NamedTuple):
    """What a drain waits for. Seconds count from now."""

    sessions: int
    earliest: float
    """If none of them is seen again, the last is gone by then; 0.0 where there is none."""
    expected: float | None
    """At the rate at which they became fewer of late; None where they did not, or nobody looked."""
    counted: float
    """For so long they were counted: who was not seen in that time is not known."""
    idle: float
    """Who was not seen for so long is gone."""


class SessionTable:
    """One member's, in the cells of `region` from `at` on. `now` is float seconds of CLOCK_MONOTONIC throughout."""

    __slots__ = ("idle", "step", "pace", "size", "seen", "region", "at", "_ints", "_floats")

    def __init__(self, size: int, idle: float, region: Region, at: int = 0) -> None:
        self.region = region
        self.at = at
        self.idle = idle
        """Seconds."""
        self.step = idle / STEPS
        self.pace = STEPS / idle
        self.size = size
        """A power of two."""
        self.seen: memoryview[int] = region.bytes[(at + HEAD_CELLS) * CELL :][:size]
        self._ints: memoryview[int] = region.ints[at : at + HEAD_CELLS]
        self._floats: memoryview[float] = region.floats[at : at + HEAD_CELLS]

    @property
    def since(self) -> float:
        """When counting began."""
        return self._floats[SINCE]

    def begin(self, now: float) -> None:
        """Nobody was seen yet: count from now on."""
        self._floats[SINCE] = now

    def begin_anew(self, now: float) -> None:
        """Who was seen before is forgotten."""
        self.seen[:] = bytes(self.size)
        self.forget_samples()
        self.begin(now)

    def count(self, now: float) -> int:
        """So many sessions were seen within the idle time."""
        return self.estimate(len(self.fresh(now)))

    def fresh(self, now: float) -> bytes:
        """The bytes that count, without their places."""
        return bytes(self.seen).translate(None, not_fresh(self.stamp(now)))

    def estimate(self, used: int) -> int:
        """How many sessions there are if they use so many bytes."""
        return round(self.size * log(self.size / max(1, self.size - used)))

    def stamp(self, now: float) -> int:
        """The byte for this moment, as `MemberSlot.saw` makes it."""
        return int(now * self.pace) % STAMPS + 1

    def sweep(self, now: float) -> None:
        """Take out who is gone, before their bytes stand for a new step."""
        stamp = self.stamp(now)
        marks = bytes(self.seen).translate(marks_of_gone(stamp))
        at = marks.find(1)
        while at >= 0:
            if self.seen[at] and not is_fresh(self.seen[at], stamp):
                self.seen[at] = 0
            at = marks.find(1, at + 1)

    # --- a drain ------------------------------------------------------------------------------------------------------

    def keep_sample(self, now: float) -> None:
        """The supervisor's, while the member drains: keep how many there are, once in a step."""
        kept = self._ints[KEPT]
        if kept and now - self._floats[SAMPLES + (kept - 1) % STEPS * 2] < self.step:
            return
        at = SAMPLES + kept % STEPS * 2
        self._floats[at] = now
        self._ints[at + 1] = self.count(now)
        self._ints[KEPT] = kept + 1

    def forget_samples(self) -> None:
        """The supervisor's: the member does not drain."""
        self._ints[KEPT] = 0

    def left(self, now: float) -> Left:
        """Who is there still, and when nobody will be."""
        stamp = self.stamp(now)
        found = self.fresh(now)
        counted = now - self.since
        if not found:
            return Left(0, 0.0, 0.0, counted, self.idle)
        youngest = min(age_of(byte, stamp) for byte in set(found))
        earliest = (int(now * self.pace) - youngest + STEPS + 1) * self.step - now
        sessions = self.estimate(len(found))
        return Left(sessions, earliest, self.expected(sessions, earliest, now), counted, self.idle)

    def expected(self, sessions: int, earliest: float, now: float) -> float | None:
        """Each session has the same chance to end in the next second, so they fall by the same share in the same time;
        and the last is gone when half of one is left."""
        kept = self._ints[KEPT]
        if not kept:
            return None
        at = SAMPLES + (0 if kept <= STEPS else kept % STEPS) * 2
        since, before = self._floats[at], self._ints[at + 1]
        if before <= sessions or now <= since:
            return None
        rate = log(before / sessions) / (now - since)
        return max(earliest, log(2 * sessions) / rate)


def age_of(byte: int, stamp: int) -> int:
    """Steps since then; -1 for a child whose clock was read a moment later than ours."""
    age = (stamp - byte) % STAMPS
    return -1 if age == STAMPS - 1 else age


def is_fresh(byte: int, stamp: int) -> bool:
    """Whether who was seen in that step was seen within the idle time, or may have been."""
    return byte != 0 and age_of(byte, stamp) <= STEPS


@lru_cache
def marks_of_gone(stamp: int) -> bytes:
    """1 for each byte that is to be taken out."""
    return bytes(int(byte != 0 and not is_fresh(byte, stamp)) for byte in range(256))


@lru_cache
def not_fresh(stamp: int) -> bytes:
    """All bytes that do not count."""
    return bytes(byte for byte in range(256) if not is_fresh(byte, stamp))


def size_for(members: int) -> int:
    """Bytes of a table where so many members have one."""
    size = MOST_BYTES
    while size > LEAST_BYTES and size * members > ALL_BYTES:
        size //= 2
    return size


def cells_for(size: int) -> int:
    """Cells of a table of so many bytes."""
    return HEAD_CELLS + size // CELL


def table_of(scoreboard: Scoreboard, member: int) -> SessionTable | None:
    """Of the member with this index; None where sessions are not counted now, as its balancer is not sticky."""
    table: SessionTable | None = scoreboard.sessions.get(member)
    return table if table is not None and names_of(scoreboard, member)[0] else None


def names_of(scoreboard: Scoreboard, member: int) -> tuple[bytes, bytes]:
    """By which names the balancer of this member is sticky now; b"" for none."""
    balancer: Any = scoreboard.members[member].balancer
    row = scoreboard.balancer(balancer.index)
    return row.sticky_cookie, row.sticky_path


def begin_counting(scoreboard: Scoreboard, balancer: Any) -> None:
    """The balancer is sticky by other names now: sessions of all its members count from now on."""
    for member in (*balancer.members, *balancer.spares):
        table: SessionTable | None = scoreboard.sessions.get(member.slot)
        if table is not None:
            table.begin_anew(monotonic())


def left_at(scoreboard: Scoreboard, member: int, elected: int) -> Left | None:
    """Of the member with this index, which was chosen so often; None where sessions are not counted. Of one that was
    never chosen nothing has to be read."""
    table = table_of(scoreboard, member)
    if table is None:
        return None
    now = monotonic()
    return table.left(now) if elected else Left(0, 0.0, 0.0, now - table.since, table.idle)


def provide(new: Scoreboard, old: Scoreboard | None, now: float, managed: bool = False) -> None:
    """Every member of a balancer that is configured to be sticky has its table: the one that it has in `old`, unless it
    fits no more. Where balancers are `managed`, those of all others have one too. Before anybody makes a `MemberSlot`
    to count with."""
    known: dict[Hashable, tuple[SessionTable, tuple[bytes, bytes]]] = {}
    if old is not None:
        keys = member_keys(old)
        known = {keys[index]: (table, names_of(old, index)) for index, table in old.sessions.items()}
    counted = [(index, idle_of(member.balancer, managed)) for index, member in enumerate(new.members)]
    counted = [(index, idle) for index, idle in counted if idle > 0.0]
    size = size_for(len(counted))
    keys = member_keys(new) if counted else []
    fresh = []
    for index, idle in counted:
        table, names = known.get(keys[index], (None, NO_NAMES))
        if table is None or (table.size, table.idle, names) != (size, idle, names_of(new, index)):
            fresh.append((index, idle))
        else:
            new.sessions[index] = table
    if fresh:
        # One memory, for another program (`evenflow upgrade`) needs a descriptor of each.
        region = Region(cells_for(size) * len(fresh))
        for place, (index, idle) in enumerate(fresh):
            made = new.sessions[index] = SessionTable(size, idle, region, cells_for(size) * place)
            made.begin(now)


def idle_of(balancer: Any, managed: bool) -> float:
    """Seconds; 0.0 where sessions are never counted."""
    if balancer is None or not (balancer.sticky_cookie or managed):
        return 0.0
    idle: float = balancer.balancing.session_idle
    return idle


class Sweeper:
    """One child's: it sweeps each table once in a step. A member that was never chosen has nobody, and its table takes
    no memory until somebody looks at it."""

    def __init__(self, scoreboard: Scoreboard) -> None:
        self.scoreboard = scoreboard
        self.due = [(0.0, index, scoreboard.member(index, 0)) for index in scoreboard.sessions]

    def tick(self, now: float) -> None:
        for place, (due, index, slot) in enumerate(self.due):
            if now >= due:
                table = table_of(self.scoreboard, index)
                if table is not None and slot.total(ELECTED):
                    table.sweep(now)
                self.due[place] = (now + self.scoreboard.sessions[index].step, index, slot)
