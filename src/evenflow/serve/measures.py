"""What a child measures of failures, and of virtual hosts where a handler shows it (`plan.measures`).

A member's times are the exchange's to tell; here is what is known only once a request is over, or a failure reported.
"""

from __future__ import annotations

from typing import Any

from evenflow.proxy.attempt import CONNECT, HANDSHAKE
from evenflow.proxy.exchange import Exchange
from evenflow.serve.server import Server
from evenflow.slotmem.layout import BODIES, ERRORS, REPEATED, STATUSES
from evenflow.slotmem.limits import BY_QUEUE, BY_RETRY_BUDGET
from evenflow.slotmem.measured import STAGES, observe
from evenflow.slotmem.scoreboard import Scoreboard


class HostRow:
    """One virtual host's row of this child."""

    def __init__(self, cells: memoryview[int]) -> None:
        self.cells = cells


def host_rows(scoreboard: Scoreboard, child: int) -> list[HostRow]:
    """By the virtual hosts' index; none where nobody measures."""
    return [HostRow(scoreboard.measured_host(host.index, child)) for host in scoreboard.hosts]


def count_exchange(server: Server, exchange: Exchange, now: float) -> None:
    """A request is over; one whose client went away before there was an answer does not count."""
    status = exchange.status
    if status < 100 or status > 599:
        return
    decision = exchange.decision
    host = decision.host if decision is not None else exchange.facts.table.first
    row: HostRow = server.host_rows[host.index]
    row.cells[STATUSES + status // 100 - 1] += 1
    row.cells[BODIES] += exchange.body.sent
    # One whose head could not be read has no beginning.
    if exchange.began > 0.0:
        observe(row.cells, now - exchange.began)


def count_switch(server: Server, host: Any) -> None:
    """A tunnel begins: how long it lasts says nothing of anybody's speed."""
    row: HostRow = server.host_rows[host.index]
    row.cells[STATUSES] += 1


def count_failure(server: Server, failure: Any) -> None:
    """An attempt at a member failed, or came to none."""
    cells = server.routes.slots[failure.member.slot].counts()
    if failure.spent:
        server.limits_met[BY_RETRY_BUDGET] += 1
    if failure.queued:
        server.limits_met[BY_QUEUE] += 1
    else:
        cells[ERRORS + STAGES.index(stage_of(failure.stage, failure.cause))] += 1
    if failure.repeated:
        cells[REPEATED] += 1


def stage_of(stage: str, cause: str) -> str:
    """One of STAGES."""
    if stage == HANDSHAKE:
        return "handshake"
    if cause.startswith("failonstatus"):
        return "status"
    if cause.startswith(("timeout", "no 100 in time")):
        return "timeout"
    if stage == CONNECT:
        return "connect"
    return "closed" if cause.startswith(("closed", "reset")) else "protocol"
