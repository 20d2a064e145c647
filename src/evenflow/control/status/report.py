"""What server-status shows, read from the scoreboard at one moment.

The names are those of httpd's mod_status, so that the collectors that read `?auto` there read it here. A worker of
httpd's is a thread; here a busy one is a request that is being answered, and an idle one a client connection without
a request. What children counted that are dead or retired is counted on.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import NamedTuple

from evenflow.control.manager.view import MemberView, view_balancer
from evenflow.plan.model import Plan, VirtualHost
from evenflow.slotmem.children import ChildSlot, ChildState
from evenflow.slotmem.limits import limits_met
from evenflow.slotmem.scoreboard import Scoreboard

LETTERS = {
    ChildState.VACANT: ".",
    ChildState.STARTING: "S",
    ChildState.SERVING: "_",
    ChildState.DRAINING: "G",
}
"""A child's letter in `Scoreboard`; a serving one that is at work has `W`."""


@dataclass(frozen=True, slots=True)
class ChildView:
    """One child's row. `age` is in seconds."""

    index: int
    pid: int
    letter: str
    age: float
    requests: int
    in_flight: int
    connections: int
    tunnels: int
    body_bytes: int


class MemberRow(NamedTuple):
    """One member's row; `sessions` is "-" where they are not counted."""

    name: str
    status: str
    elected: int
    busy: int
    sent: int
    received: int
    sessions: int | str


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. Times are seconds, sizes bytes."""

    version: str
    name: str
    now: float
    uptime: int
    generation: int
    children: tuple[ChildView, ...]
    past: ChildView
    """All that are not in `children`: the dead, and the retired, who may still hold something."""
    limits: dict[str, int]
    """How often each of `slotmem.limits` was met."""
    balancers: tuple[tuple[str, tuple[MemberRow, ...]], ...]
    """Each with its members; empty unless ProxyStatus is on."""

    @property
    def requests(self) -> int:
        return sum(child.requests for child in (self.past, *self.children))

    @property
    def body_bytes(self) -> int:
        return sum(child.body_bytes for child in (self.past, *self.children))

    @property
    def in_flight(self) -> int:
        return sum(child.in_flight for child in (self.past, *self.children))

    @property
    def connections(self) -> int:
        return sum(child.connections for child in (self.past, *self.children))

    @property
    def tunnels(self) -> int:
        return sum(child.tunnels for child in (self.past, *self.children))

    @property
    def scoreboard(self) -> str:
        return "".join(child.letter for child in self.children)


def make_report(version: str, host: VirtualHost, plan: Plan, scoreboard: Scoreboard, now: float) -> Report:
    """Read the scoreboard; `now` is CLOCK_MONOTONIC."""
    children = [view_child(scoreboard.child(index), now) for index in range(scoreboard.layout.children)]
    uptime = int(now - scoreboard.past().started)
    balancers: tuple[tuple[str, tuple[MemberRow, ...]], ...] = ()
    if host.proxy_status:
        views = [view_balancer(balancer, host, scoreboard) for balancer in plan.balancers]
        balancers = tuple(
            (f"balancer://{view.name}", tuple(member_row(one) for one in view.members)) for view in views
        )
    name = host.server_name.decode("latin-1")
    past = view_child(scoreboard.past(), now)
    met = limits_met(scoreboard)
    return Report(version, name, time.time(), uptime, plan.generation, tuple(children), past, met, balancers)


def member_row(one: MemberView) -> MemberRow:
    sessions = "-" if one.left is None else one.left.sessions
    return MemberRow(one.name, one.status, one.elected, one.busy, one.sent, one.received, sessions)


def view_child(row: ChildSlot, now: float) -> ChildView:
    """Read one child's row."""
    letter = LETTERS[row.state]
    if letter == "_" and row.in_flight:
        letter = "W"
    return ChildView(
        row.index,
        row.pid,
        letter,
        now - row.started if row.state is not ChildState.VACANT else 0.0,
        row.requests,
        row.in_flight,
        row.connections,
        row.tunnels,
        row.body_bytes,
    )


def for_programs(report: Report) -> str:
    """The lines of `?auto`."""
    uptime = max(report.uptime, 1)
    load = os.getloadavg()
    idle = max(0, report.connections - report.in_flight - report.tunnels)
    lines = [
        report.name,
        f"ServerVersion: {report.version}",
        f"CurrentTime: {clock(report.now)}",
        f"RestartTime: {clock(report.now - report.uptime)}",
        f"ParentServerConfigGeneration: {report.generation}",
        f"ServerUptimeSeconds: {report.uptime}",
        *(f"Load{minutes}: {value:.2f}" for minutes, value in zip((1, 5, 15), load, strict=True)),
        f"Total Accesses: {report.requests}",
        f"Total kBytes: {report.body_bytes // 1024}",
        f"Uptime: {report.uptime}",
        f"ReqPerSec: {report.requests / uptime:.6g}",
        f"BytesPerSec: {report.body_bytes / uptime:.6g}",
        f"BytesPerReq: {report.body_bytes / max(report.requests, 1):.6g}",
        f"BusyWorkers: {report.in_flight}",
        f"IdleWorkers: {idle}",
        f"Processes: {sum(child.letter != '.' for child in report.children)}",
        f"ConnsTotal: {report.connections}",
        f"ConnsAsyncKeepAlive: {idle}",
        f"Tunnels: {report.tunnels}",
        f"Scoreboard: {report.scoreboard}",
        *(f"LimitMet{limit.title().replace('_', '')}: {count}" for limit, count in report.limits.items()),
    ]
    for number, (name, members) in enumerate(report.balancers):
        lines.append(f"ProxyBalancer[{number}]Name: {name}")
        for place, (member, status, elected, busy, sent, received, sessions) in enumerate(members):
            key = f"ProxyBalancer[{number}]Worker[{place}]"
            lines += [
                f"{key}Name: {member}",
                f"{key}Status: {status}",
                f"{key}Elected: {elected}",
                f"{key}Busy: {busy}",
                f"{key}Sent: {sent // 1024}K",
                f"{key}Rcvd: {received // 1024}K",
            ]
            if sessions != "-":
                lines.append(f"{key}Sessions: {sessions}")
    return "\n".join(lines) + "\n"


def clock(moment: float) -> str:
    """As mod_status writes a time: `Saturday, 21-Nov-2026 07:14:17 UTC`."""
    return time.strftime("%A, %d-%b-%Y %H:%M:%S %Z", time.localtime(moment))
