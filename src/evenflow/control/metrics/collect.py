"""Which numbers are shown, under which names, read from the scoreboard at one moment.

Counters hold what children counted that are dead or retired; they fall only when the program ends. Names repeat where
a configuration repeats them: the second is called `name#2`, so that no series is there twice.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

import evenflow
from evenflow.balancer.added import settle
from evenflow.control.console.place import is_console
from evenflow.control.metrics.exposition import COUNTER, GAUGE, HISTOGRAM, Family, Labels
from evenflow.plan.model import Member, Plan
from evenflow.slotmem.adoption import measured_sum
from evenflow.slotmem.children import ChildSlot
from evenflow.slotmem.layout import (
    BODIES,
    BUCKETS,
    BUSY,
    ELECTED,
    ERRORS,
    MICROSECONDS,
    PASSED_OVER,
    RECEIVED,
    REPEATED,
    SENT,
    SERVER_ERRORS,
    SPANS_LEFT_OUT,
    SPANS_REFUSED,
    SPANS_SENT,
    STATUS_BITS,
    STATUSES,
    TUNNELLED,
)
from evenflow.slotmem.limits import limits_met
from evenflow.slotmem.measured import BOUNDS, STAGES
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.sessions import left_at

PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def collect(plan: Plan, scoreboard: Scoreboard, now: float) -> list[Family]:
    """Everything; `now` is CLOCK_MONOTONIC."""
    families = [*of_program(plan, scoreboard, now), *of_children(scoreboard, now), *of_members(plan, scoreboard, now)]
    if plan.tracing is not None:
        families.append(of_traces(scoreboard))
    if scoreboard.hosts:
        families += of_hosts(plan, scoreboard)
    return families


def of_program(plan: Plan, scoreboard: Scoreboard, now: float) -> list[Family]:
    rows = [*(scoreboard.child(index) for index in range(scoreboard.children)), scoreboard.past()]
    build = Family("evenflow_build_info", GAUGE, "Which evenflow this is; always 1.")
    build.add({"version": evenflow.__version__}, 1)
    limits = Family("evenflow_limits_met_total", COUNTER, "How often clients met a limit, by which.")
    for name, count in limits_met(scoreboard).items():
        limits.add({"reason": name}, count)
    return [
        build,
        limits,
        one("evenflow_generation", GAUGE, "Configurations loaded by this program.", plan.generation),
        one("evenflow_uptime_seconds", GAUGE, "Since the program began to serve.", now - scoreboard.past().started),
        one("evenflow_requests_total", COUNTER, "Requests that were answered.", sum(row.requests for row in rows)),
        one(
            "evenflow_response_body_bytes_total",
            COUNTER,
            "Bytes of the bodies of answers.",
            sum(row.body_bytes for row in rows),
        ),
    ]


def of_traces(scoreboard: Scoreboard) -> Family:
    """What became of requests' spans: taken by the collector, refused by it, or left out for want of room."""
    spans = Family("evenflow_trace_spans_total", COUNTER, "Spans of requests, by what became of them.")
    rows = [*(scoreboard.child(index) for index in range(scoreboard.children)), scoreboard.past()]
    for outcome, cell in (("sent", SPANS_SENT), ("left_out", SPANS_LEFT_OUT), ("refused", SPANS_REFUSED)):
        spans.add({"outcome": outcome}, sum(row.counts[cell] for row in rows))
    return spans


def one(name: str, kind: str, help: str, value: float) -> Family:
    """A family of one sample without labels."""
    family = Family(name, kind, help)
    family.add({}, value)
    return family


def of_children(scoreboard: Scoreboard, now: float) -> list[Family]:
    """Those that live now. What the retired of generations before still hold is under `child="retired"`."""
    connections = Family("evenflow_child_connections", GAUGE, "Client connections open now.")
    flights = Family("evenflow_child_requests_in_flight", GAUGE, "Requests that are being answered.")
    tunnels = Family("evenflow_child_tunnels", GAUGE, "Tunnels open now.")
    requests = Family("evenflow_child_requests_total", COUNTER, "Requests that this child answered.")
    memory = Family("evenflow_child_resident_memory_bytes", GAUGE, "Memory of the process, shared pages too.")
    age = Family("evenflow_child_uptime_seconds", GAUGE, "Since the child began.")
    living = [scoreboard.child(index) for index in range(scoreboard.children)]
    for row in living:
        if row.pid:
            labels = {"child": str(row.index)}
            add_held(row, labels, connections, flights, tunnels)
            requests.add(labels, row.requests)
            age.add(labels, now - row.started)
            size = resident(row.pid)
            if size is not None:
                memory.add(labels, size)
    add_held(scoreboard.past(), {"child": "retired"}, connections, flights, tunnels)
    return [connections, flights, tunnels, requests, memory, age]


def add_held(row: ChildSlot, labels: Labels, connections: Family, flights: Family, tunnels: Family) -> None:
    connections.add(labels, row.connections)
    flights.add(labels, row.in_flight)
    tunnels.add(labels, row.tunnels)


def resident(pid: int) -> int | None:
    """Bytes in memory, None where the system does not tell."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, IndexError, ValueError):
        return None


def of_members(plan: Plan, scoreboard: Scoreboard, now: float) -> list[Family]:
    """Each member with its balancer's name, "" for one of its own."""
    usable = Family("evenflow_member_usable", GAUGE, "1 if it may take requests at all.")
    status = Family("evenflow_member_status", GAUGE, "1 for each letter of its status that is set; E: in error.")
    passed = Family("evenflow_member_ejected_children", GAUGE, "Children that pass it over as an outlier now.")
    busy = Family("evenflow_member_requests_in_flight", GAUGE, "Requests and tunnels at the member.")
    tunnels = Family("evenflow_member_tunnels", GAUGE, "Tunnels at the member.")
    sessions = Family("evenflow_member_sessions", GAUGE, "Sessions that were seen there within EvenflowSessionIdle.")
    chosen = Family("evenflow_member_chosen_total", COUNTER, "How often it was chosen, failed attempts included.")
    sent = Family("evenflow_member_sent_bytes_total", COUNTER, "Bytes to the member.")
    received = Family("evenflow_member_received_bytes_total", COUNTER, "Bytes from the member.")
    failures = Family("evenflow_member_failures_total", COUNTER, "Attempts that failed, by what went wrong.")
    errors = Family("evenflow_member_server_errors_total", COUNTER, "Its answers with a status from 500 up.")
    repeated = Family("evenflow_member_retries_total", COUNTER, "Failed attempts that another attempt followed.")
    ejections = Family("evenflow_member_ejections_total", COUNTER, "How often a child began to pass it over.")
    times = Family(
        "evenflow_member_response_seconds", HISTOGRAM, "From the choice of the member to the head of its answer."
    )
    settle(plan.balancers, scoreboard)
    members = tuple([member for member in plan.members if member.name and not is_console(member)])
    for member, labels in zip(members, member_labels(members), strict=True):
        slot = scoreboard.member(member.slot, 0)
        usable.add(labels, int(slot.usable()))
        for letter, bit in STATUS_BITS:
            status.add({**labels, "letter": letter.decode()}, int(bool(slot.status & bit)))
        status.add({**labels, "letter": "E"}, int(slot.error_since != 0.0))
        ejected = [scoreboard.member(member.slot, child).ejected_until > now for child in range(scoreboard.children)]
        passed.add(labels, sum(ejected))
        busy.add(labels, slot.total(BUSY))
        tunnels.add(labels, slot.total(TUNNELLED))
        elected = slot.total(ELECTED)
        left = left_at(scoreboard, member.slot, elected)
        if left is not None:
            sessions.add(labels, left.sessions)
        chosen.add(labels, elected)
        sent.add(labels, slot.total(SENT))
        received.add(labels, slot.total(RECEIVED))
        counts = measured_of(member, scoreboard)
        for place, stage in enumerate(STAGES):
            failures.add({**labels, "stage": stage}, counts[ERRORS + place])
        errors.add(labels, counts[SERVER_ERRORS])
        repeated.add(labels, counts[REPEATED])
        ejections.add(labels, counts[PASSED_OVER])
        add_times(times, labels, counts)
    held = [usable, status, passed, busy, tunnels, sessions]
    return [*held, chosen, sent, received, failures, errors, repeated, ejections, times]


def measured_of(member: Member, scoreboard: Scoreboard) -> list[int]:
    """A member's measured row, by all children, and those before them."""
    return measured_sum(scoreboard, member.slot, scoreboard.layout.rows)


def of_hosts(plan: Plan, scoreboard: Scoreboard) -> list[Family]:
    """Each virtual host by its ServerName; the main server is one of them."""
    requests = Family("evenflow_host_requests_total", COUNTER, "Answers, by the first digit of their status.")
    bodies = Family("evenflow_host_response_body_bytes_total", COUNTER, "Bytes of the bodies of answers.")
    times = Family("evenflow_host_request_seconds", HISTOGRAM, "From a request's head to the end of its answer.")
    hosts = plan.measured_hosts()
    names = told_apart([shown(host.server_name) for host in hosts])
    for host, name in zip(hosts, names, strict=True):
        labels = {"host": name}
        counts = measured_sum(scoreboard, scoreboard.layout.members + host.index, scoreboard.layout.rows)
        for digit in range(1, 6):
            requests.add({**labels, "status": f"{digit}xx"}, counts[STATUSES + digit - 1])
        bodies.add(labels, counts[BODIES])
        add_times(times, labels, counts)
    return [requests, bodies, times]


def add_times(times: Family, labels: Labels, counts: Sequence[int]) -> None:
    buckets = counts[BUCKETS : BUCKETS + len(BOUNDS) + 1]
    times.add_histogram(labels, BOUNDS, buckets, counts[MICROSECONDS] / 1e6)


def member_labels(members: Sequence[Member]) -> list[dict[str, str]]:
    """What names each member: no two are alike."""
    balancers = {id(member.balancer): member.balancer for member in members if member.balancer is not None}
    names = told_apart([shown(balancer.name) for balancer in balancers.values()])
    called = dict(zip(balancers, names, strict=True))
    pairs = [(called.get(id(member.balancer), ""), shown(member.name)) for member in members]
    places = told_apart([f"{balancer}\n{name}" for balancer, name in pairs])
    return [
        {"balancer": balancer, "member": place.partition("\n")[2], "route": shown(member.route)}
        for (balancer, _), place, member in zip(pairs, places, members, strict=True)
    ]


def told_apart(names: Sequence[str]) -> list[str]:
    """Names that repeat have their number behind them."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return found


def shown(name: bytes) -> str:
    """UTF-8; another byte as `\\xhh`."""
    return name.decode("utf-8", "backslashreplace")
