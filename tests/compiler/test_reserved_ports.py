"""EvenflowReservedPorts in the plan, and what is said where it cannot help."""

from __future__ import annotations

from tests.plan.cases import built, plan_of

LISTENS = "Listen 80\nListen 127.0.0.1:8081\nListen 8082\n"


def test_ports_and_how_many_connections_they_take() -> None:
    plan = plan_of(LISTENS + "EvenflowReservedPorts 8081 8082 connections=3")
    assert (plan.reserved_ports, plan.most_reserved) == (frozenset((8081, 8082)), 3)
    assert plan_of(LISTENS + "EvenflowReservedPorts 8081").most_reserved == 20
    assert plan_of(LISTENS).reserved_ports == frozenset()


def test_a_port_at_which_nobody_listens() -> None:
    made = built(LISTENS + "EvenflowReservedPorts 8081 9999")
    (said,) = made.diagnostics
    assert made.plan is None and said.code == "port-without-listen"
    assert said.headline == "nothing listens on port 9999, which is to be reserved"
    assert said.help == "write `Listen 127.0.0.1:9999` and a `<VirtualHost>` for it"


def test_all_ports_are_too_many() -> None:
    (said,) = built(LISTENS + "EvenflowReservedPorts 80 8081 8082").diagnostics
    assert said.code == "every-port-reserved"
