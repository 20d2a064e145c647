"""Local handlers, by the name that SetHandler gives."""

from __future__ import annotations

from evenflow.control.handlers import local_handlers
from evenflow.origin import NOWHERE
from evenflow.plan.model import Balancer, Member, Plan, VirtualHost
from evenflow.slotmem.scoreboard import Scoreboard


def test_the_balancer_manager_looks_at_this_plan() -> None:
    plan = Plan()
    member = Member(b"http://127.0.0.1:8090", b"http", "127.0.0.1", 8090, b"", 0, NOWHERE)
    balancer = Balancer(b"confluence-cluster", (member,), 0, NOWHERE)
    member.balancer = balancer
    plan.members, plan.balancers = (member,), (balancer,)
    host = VirtualHost(0, b"wiki.example", NOWHERE)
    plan.hosts, plan.main = (host,), host
    handlers = local_handlers(plan, Scoreboard(plan.members, plan.balancers, 1))
    status, fields, body = handlers["balancer-manager"](b"GET", b"/m", b"", b"", b"wiki.example", b"", host)
    assert status == 200
    assert any(name == b"Content-Type" for name, _ in fields)
    assert b"confluence-cluster" in body and b"http://127.0.0.1:8090" in body
