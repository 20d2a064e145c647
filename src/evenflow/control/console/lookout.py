"""Looks at all members once a second: what they do now, what they did in the last minutes, since when they are as they
are. The page and its events are made of what it saw last.

It reads cells that others write; it decides nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final

from evenflow.control.console import numbers, words
from evenflow.control.console.numbers import Counts, Reader, Speed
from evenflow.control.console.picture import (
    BalancerPicture,
    MemberPicture,
    Picture,
    acts_of,
    summary,
    troubles_of,
)
from evenflow.control.console.rings import SECONDS, Rings
from evenflow.control.manager.view import BalancerView, MemberView, view_balancer, visible_balancers
from evenflow.plan.model import Plan, VirtualHost
from evenflow.serve.prober import Patient, Prober
from evenflow.slotmem.layout import DRAINING, LONG_AGO, UNUSABLE
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.sessions import SessionTable, table_of

TICK: Final = 1.0
LOOKS: Final = 6
"""So many looks back what is called `now` goes: five seconds."""
UNKNOWN: Final = -1.0
"""In a ring of times: nothing was answered."""


class Watched:
    """What is remembered of one member between two looks."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.looks: deque[Counts] = deque(maxlen=LOOKS)
        self.point: Counts | None = None
        """At the last point of the charts."""
        self.stage = ""
        """Where it failed last."""
        self.status = (-1, False)
        """Its status bits, and whether it is in error."""
        self.since = 0.0
        """Since when they are so, as time.time gives it; 0.0: since before we looked."""
        self.drained_from = 0
        """The most sessions since it drains; where they are not counted, of what was in flight."""

    def look(self, now: float, sessions: SessionTable | None) -> None:
        """Read it once; with its sessions, where they are counted."""
        counts = self.reader.read(now)
        if self.looks:
            self.stage = numbers.failing(self.counts, counts) or self.stage
        else:
            self.point = counts
        self.looks.append(counts)
        slot = self.reader.slot
        status = (slot.status, slot.error_since != 0.0)
        if status != self.status:
            self.since = time.time() if self.status[0] >= 0 else 0.0
            self.status = status
        drains = slot.status & DRAINING
        held = counts.busy if sessions is None or not drains else sessions.count(now)
        self.drained_from = max(self.drained_from, held) if drains else 0

    @property
    def counts(self) -> Counts:
        return self.looks[-1]

    @property
    def speed(self) -> Speed:
        return numbers.speed(self.looks[0], self.looks[-1])


class Lookout:
    """One generation's."""

    def __init__(self, plan: Plan, scoreboard: Scoreboard, rings: Rings, prober: Prober | None = None) -> None:
        self.plan = plan
        self.scoreboard = scoreboard
        self.rings = rings
        self.prober = prober
        self.watched = [Watched(Reader(scoreboard, index)) for index in range(len(plan.members))]
        self.seen = asyncio.Event()
        """Replaced at each look; who waits for it wakes up."""
        self.point_due = 0.0

    def look(self, now: float) -> None:
        """Read everything once."""
        for index, watched in enumerate(self.watched):
            watched.look(now, table_of(self.scoreboard, index))
        if now >= self.point_due:
            if self.point_due:
                self.add_point()
            self.point_due = now + SECONDS
        self.wake()

    def wake(self) -> None:
        """Let everybody who waits for a look go on."""
        self.seen.set()
        self.seen = asyncio.Event()

    def add_point(self) -> None:
        """Another point of the charts."""
        points = []
        for watched in self.watched:
            assert watched.point is not None
            made = numbers.speed(watched.point, watched.counts)
            points.append((made.requests, UNKNOWN if made.mean is None else made.mean, made.errors))
            watched.point = watched.counts
        self.rings.add(points)

    # --- what is shown of it ---

    def host(self, place: int) -> VirtualHost:
        """The virtual host of an index; the main server where there is none."""
        hosts = self.plan.measured_hosts()
        return hosts[place] if 0 <= place < len(hosts) else hosts[-1]

    def picture(self, place: int) -> Picture:
        """What the manager of this virtual host shows now."""
        host = self.host(place)
        now = time.monotonic()
        views = [view_balancer(one, host, self.scoreboard) for one in visible_balancers(host, self.plan)]
        balancers = [self.show_balancer(view, now) for view in views]
        troubles = troubles_of(balancers)
        rows = [*(self.scoreboard.child(index) for index in range(self.scoreboard.children)), self.scoreboard.past()]
        cells = {
            "summary": summary(balancers),
            "troubles": str(len(troubles)),
            "tunnels": words.whole(sum(row.tunnels for row in rows)),
            "connections": words.whole(sum(row.connections for row in rows)),
            "busy": words.whole(sum(member.view.busy for one in balancers for member in one.members)),
        }
        shape = ",".join(member.id + member.view.name for one in balancers for member in one.members)
        return Picture(words.clock(time.time()), f"{self.plan.generation}:{shape}", cells, balancers, troubles)

    def show_balancer(self, view: BalancerView, now: float) -> BalancerPicture:
        members = [self.show_member(one, now) for one in view.members]
        balancer = view.balancer
        free = sum(not row.name and row.service is None for row in balancer.spares)
        made = BalancerPicture(f"b{balancer.index}", view, members, free)
        rates = sum(self.watched[one.view.member.slot].speed.requests for one in members)
        made.cells = {
            "rate": words.rate(rates),
            "takers": f"{sum(one.takes for one in members)} of {len(members)} take requests",
        }
        return made

    def show_member(self, view: MemberView, now: float) -> MemberPicture:
        index = view.member.slot
        watched = self.watched[index]
        speed = watched.speed
        check = self.last_check(view)
        rows = [self.scoreboard.member(index, child) for child in range(self.scoreboard.children)]
        state = words.state_of(
            view, now, watched.stage, check, sum(row.ejected_until > now for row in rows), len(rows)
        )
        cells = {
            "word": state.word,
            "why": state.why,
            "since": self.since(watched, view, now),
            "rate": words.rate(speed.requests),
            "mean": words.milliseconds(speed.mean),
            "high": "" if speed.high is None else f"95 % ≤ {words.milliseconds(speed.high)}",
            "busy": words.whole(view.busy),
            "tunnels": words.whole(view.tunnels),
            "sessions": "–" if view.left is None else words.whole(view.left.sessions),
            "to": words.size(speed.sent),
            "from": words.size(speed.received),
            "errors": words.whole(sum(watched.counts.errors)),
            "elected": words.whole(view.elected),
            "sent": words.size(view.sent),
            "received": words.size(view.received),
            "check": check or self.good_check(view),
        }
        held = view.busy if view.left is None else view.left.sessions
        drain = (max(watched.drained_from, held), held) if view.slot.status & DRAINING else None
        series = tuple(self.rings.series(index, kind) for kind in range(3))
        return MemberPicture(f"m{index}", view, state.kind, cells, series, drain, acts_of(view))

    def since(self, watched: Watched, view: MemberView, now: float) -> str:
        """`2 min, since 10:31:05`; "" where nobody saw it begin."""
        moment = watched.since
        if view.slot.error_since not in (0.0, LONG_AGO) and not view.slot.status & UNUSABLE:
            moment = words.wall(view.slot.error_since)
        return f"for {words.duration(time.time() - moment)}, since {words.clock(moment)}" if moment else ""

    def last_check(self, view: MemberView) -> str:
        """What the last health check found wrong; "" for nothing, and where none is made."""
        patient = self.patient(view)
        return f"its check found: {patient.cause}" if patient is not None and patient.cause else ""

    def good_check(self, view: MemberView) -> str:
        patient = self.patient(view)
        if patient is None:
            return "none is configured"
        return f"passed at {words.clock(words.wall(patient.asked))}" if patient.asked else "not made yet"

    def patient(self, view: MemberView) -> Patient | None:
        """Whose checks are the member's; None where it has none."""
        found = self.prober.patients if self.prober is not None else []
        return next((one for one in found if one.member is view.member), None)
