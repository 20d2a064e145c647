"""The console's row in the plan, and what it hands on from generation to generation."""

from __future__ import annotations

import pytest

from evenflow.control.console import place, visit
from evenflow.control.metrics.collect import collect
from evenflow.plan.model import Plan
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.scoreboard import Scoreboard
from tests.plan.cases import plan_of

LINES = "Listen 1\nServerName a\n<Proxy balancer://a>\nBalancerMember http://b\n</Proxy>\nProxyPass / balancer://a/\n"
MANAGER = "<Location /m>\nSetHandler balancer-manager\n</Location>\n"


def managed() -> Plan:
    return plan_of(LINES + MANAGER)


def test_it_is_there_where_the_manager_is() -> None:
    assert place.arrange(plan_of(LINES)) is None
    plan = managed()
    before = len(plan.members)
    console = place.arrange(plan)
    assert console is not None and plan.members[before:] == (console.member,) and plan.measures
    assert console.member.slot == before and place.is_console(console.member)
    assert not place.is_console(plan.members[0])


def test_without_the_extra_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "NEEDS", ("evenflow_has_no_such_module",))
    plan = managed()
    assert place.arrange(plan) is None and not plan.measures


def test_nobody_can_guess_where_it_is() -> None:
    one, other = place.arrange(managed()), place.arrange(managed())
    assert one is not None and other is not None
    assert one.key != other.key and one.member.socket != other.member.socket
    assert one.member.socket.startswith("\0") and len(one.member.socket) < 108


def test_it_introduces_a_client() -> None:
    console = place.arrange(managed())
    assert console is not None and console.takes(b"GET", b"", b"text/html")
    said = console.introduce(b"192.0.2.7", b"\xc3\xa9ve", 1, b"/m", b"a", b"a:80")
    asks = visit.read(console.key, said)
    assert asks == visit.Visit("192.0.2.7", "\u00c3\u00a9ve", 1, "/m", "a", "a:80")


def test_charts_go_on_over_a_reload() -> None:
    old, new = managed(), managed()
    first, second = place.arrange(old), place.arrange(new)
    assert first is not None and second is not None
    boards = [Scoreboard(plan.members, plan.balancers, 1, plan.measured_hosts()) for plan in (old, new)]
    log = ErrorLog("", "warn")
    first.settle(boards[0], "wiki.conf", log, None)
    assert first.rings is not None
    first.rings.add([(5.0, 0.1, 0.0)] * 2)
    second.settle(boards[1], "wiki.conf", log, (first, boards[0]))
    assert second.ledger is first.ledger
    assert second.rings is not None and second.rings.series(0, 0) == [5.0]


def test_it_is_in_nobodys_metrics() -> None:
    plan = managed()
    console = place.arrange(plan)
    assert console is not None
    board = Scoreboard(plan.members, plan.balancers, 1, plan.measured_hosts())
    labels = [labels for family in collect(plan, board, 1.0) for _, labels, _ in family.samples if "member" in labels]
    assert {one["member"] for one in labels} == {"http://b"}
