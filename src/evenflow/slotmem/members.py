"""One member as one child sees it: a view on the member's shared row and on the child's own row for it.

It reads and writes cells and says whether the member is usable. Who is chosen, and what a failure means, is the
balancer room's.
"""

from __future__ import annotations

from typing import Any

from evenflow.slotmem.layout import (
    BUSY,
    EJECTED_UNTIL,
    ELECTED,
    ERROR_SINCE,
    FACTOR,
    GOES,
    LATENCY,
    LBSET,
    LEAVE_BY,
    MEASURED_CELLS,
    MEMBER_CELLS,
    OWED,
    OWN_CELLS,
    READY,
    RECEIVED,
    RECOVERED,
    REDIRECT,
    RETRIES,
    ROUTE,
    SENT,
    STAMPS,
    STATUS,
    UNUSABLE,
    URL,
    URL_CELLS,
    Layout,
)
from evenflow.slotmem.region import Region
from evenflow.slotmem.texts import read_text, write_text


class MemberSlot:
    """Cells of one member. Make one for each member and child, and keep it.

    `shared`, `failure` (ERROR_SINCE and RECOVERED), `own` and `times` are the rows themselves, for the balancer's
    arithmetic; everybody else uses the names below. What a member is told to be (`status`, `factor`, `lbset`, `route`,
    `redirect`) is set by the manager only. Each counter counts this child's share; `total` adds up all rows, PAST's
    too. Times are seconds of CLOCK_MONOTONIC.
    """

    __slots__ = (
        "member", "retry", "route", "redirect", "shared", "failure", "own", "times", "measured",
        "_seen", "_mask", "_pace", "_cells", "_floats", "_first", "_stride", "_rows", "_region", "_at",
    )  # fmt: skip

    def __init__(
        self, region: Region, layout: Layout, member: Any, index: int, child: int, sessions: Any = None
    ) -> None:
        at = layout.member(index)
        own = layout.own(child, index)
        self.member = member
        """The `plan.model.Member`; this room never looks into it but for `retry`."""
        self.retry: float = member.retry
        self.shared: memoryview[int] = region.ints[at : at + MEMBER_CELLS]
        self.failure: memoryview[float] = region.floats[at + ERROR_SINCE : at + RECOVERED + 1]
        self.own: memoryview[int] = region.ints[own : own + OWN_CELLS]
        self.times: memoryview[float] = region.floats[own : own + OWN_CELLS]
        """The same row, for the cells that are floats."""
        measured = layout.measure(child, index)
        self.measured: memoryview[int] = region.ints[measured : measured + MEASURED_CELLS]
        """What `slotmem.measured` counts."""
        self._seen: memoryview[int] = region.bytes[0:0] if sessions is None else sessions.seen
        """The bytes of its `sessions.SessionTable`; none where its sessions are not counted."""
        self._mask = len(self._seen) - 1
        self._pace: float = 0.0 if sessions is None else sessions.pace
        self._cells: memoryview[int] = region.ints
        self._floats: memoryview[float] = region.floats
        self._first = layout.own(0, index)
        self._stride = layout.members * OWN_CELLS
        self._rows = layout.rows
        self._region = region
        self._at = at
        self.read_texts()

    def usable(self) -> bool:
        """Whether it may take requests at all: not disabled, stopped, in error or failed by a health check.

        A draining member, a standby and a spare are usable; whose turn they are is decided elsewhere.
        """
        return not self.shared[STATUS] & UNUSABLE and self.failure[0] == 0.0

    def total(self, cell: int) -> int:
        """The sum over all children, and those before them, of one cell of their own rows."""
        found = 0
        at = self._first + cell
        for _ in range(self._rows):
            found += self._cells[at]
            at += self._stride
        return found

    def total_time(self, cell: int) -> float:
        """The same of a cell that is a float."""
        found = 0.0
        at = self._first + cell
        for _ in range(self._rows):
            found += self._floats[at]
            at += self._stride
        return found

    def saw(self, session: bytes, now: float) -> None:
        """A request of this session came to the member: one store, as `slotmem.sessions` describes."""
        mask = self._mask
        if mask >= 0:
            stamp = int(now * self._pace)
            self._seen[place_of(session) & mask] = stamp % STAMPS + 1

    def counts(self) -> memoryview[int]:
        """`measured`, for those who look seldom."""
        return self.measured

    def read_texts(self) -> None:
        """Take over the route and the redirect that the cells hold now."""
        self.route = read_text(self._region, self._at + ROUTE)
        self.redirect = read_text(self._region, self._at + REDIRECT)

    def name_route(self, route: bytes) -> None:
        """The manager's: give the member another route."""
        write_text(self._region, self._at + ROUTE, route)
        self.read_texts()

    def name_redirect(self, redirect: bytes) -> None:
        """The manager's: give the member another redirect."""
        write_text(self._region, self._at + REDIRECT, redirect)
        self.read_texts()

    def set_status(self, bit: int, wanted: bool) -> None:
        """The manager's: set or clear one of the status bits."""
        status = self.shared[STATUS]
        self.shared[STATUS] = status | bit if wanted else status & ~bit

    @property
    def status(self) -> int:
        return self.shared[STATUS]

    @status.setter
    def status(self, bits: int) -> None:
        self.shared[STATUS] = bits

    @property
    def factor(self) -> int:
        """A hundredfold of loadfactor."""
        return self.shared[FACTOR]

    @factor.setter
    def factor(self, hundredfold: int) -> None:
        self.shared[FACTOR] = hundredfold

    @property
    def lbset(self) -> int:
        return self.shared[LBSET]

    @lbset.setter
    def lbset(self, number: int) -> None:
        self.shared[LBSET] = number

    @property
    def error_since(self) -> float:
        """When the member failed; 0.0 while it is not in error."""
        return self.failure[0]

    @error_since.setter
    def error_since(self, since: float) -> None:
        self.failure[0] = since

    @property
    def recovered(self) -> float:
        """When it left the error state last; 0.0 for never."""
        return self.failure[1]

    @recovered.setter
    def recovered(self, when: float) -> None:
        self.failure[1] = when

    @property
    def latency(self) -> float:
        """Seconds that the member takes to begin an answer, as this child has learnt; 0.0 while unknown."""
        return self.times[LATENCY]

    @property
    def ejected_until(self) -> float:
        """So long this child passes it over as an outlier; 0.0 while it does not."""
        return self.times[EJECTED_UNTIL]

    @property
    def url(self) -> bytes:
        """Of a member that was added while it runs; b"" for others, and where the row is free."""
        return read_text(self._region, self._at + URL, URL_CELLS)

    @url.setter
    def url(self, url: bytes) -> None:
        write_text(self._region, self._at + URL, url, URL_CELLS)

    @property
    def ready(self) -> int:
        """How many requests more it says it could take; 0 while it says nothing."""
        return self.shared[READY]

    @ready.setter
    def ready(self, requests: int) -> None:
        self.shared[READY] = requests

    @property
    def goes(self) -> float:
        """Since when a member that was added is being taken away; 0.0 while it is not."""
        return self._region.floats[self._at + GOES]

    @goes.setter
    def goes(self, moment: float) -> None:
        self._region.floats[self._at + GOES] = moment

    @property
    def leave_by(self) -> float:
        """When its tunnels are to have left; 0.0 where nobody asks them to."""
        return self._region.floats[self._at + LEAVE_BY]

    @leave_by.setter
    def leave_by(self, moment: float) -> None:
        self._region.floats[self._at + LEAVE_BY] = moment

    @property
    def owed(self) -> int:
        """What this child's lbmethod owes the member: httpd's lbstatus."""
        return self.own[OWED]

    @property
    def busy(self) -> int:
        return self.own[BUSY]

    @property
    def elected(self) -> int:
        return self.own[ELECTED]

    @property
    def sent(self) -> int:
        return self.own[SENT]

    @property
    def received(self) -> int:
        return self.own[RECEIVED]

    @property
    def retries(self) -> int:
        return self.own[RETRIES]

    def __repr__(self) -> str:
        return f"MemberSlot({self.member!r})"


def place_of(session: bytes) -> int:
    """Which of 2**31 places is a session's, the same in every program: FNV-1a, mixed, because texts that differ
    in few bits leave a pattern in it. No number here is larger than a C int, or Cython would calculate in objects.
    """
    text = session
    mixed = 0x11C9DC5
    for at in range(len(session)):
        mixed = (mixed ^ text[at]) * 0x1000193 & 0x7FFFFFFF
    mixed ^= mixed >> 15
    mixed = mixed * 0x2C1B3C6D & 0x7FFFFFFF
    mixed ^= mixed >> 12
    mixed = mixed * 0x297A2D39 & 0x7FFFFFFF
    return mixed ^ mixed >> 15
