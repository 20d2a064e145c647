"""What one child serves with."""

from __future__ import annotations

from evenflow.plan.model import FORWARD, ConnectionFacts
from evenflow.proxy.routes import Routes
from evenflow.wire.http1 import RequestHead
from tests.proxy.story import World


def test_a_slot_for_every_member_and_a_balance_for_every_balancer() -> None:
    world = World({"a": {}, "b": {}}, {}, {}, {}, {})
    routes = Routes(world.plan, world.scoreboard, 0)
    assert [slot.member for slot in routes.slots] == list(world.plan.members)
    assert [balance.balancer for balance in routes.balances] == [world.balancer]
    assert [slot.member for slot in routes.balances[0].slots] == list(world.balancer.members)
    assert not routes.draining


def test_it_decides_by_the_plan() -> None:
    world = World({"a": {}}, {}, {}, {}, {})
    head = RequestHead()
    head.parse(b"GET /x HTTP/1.1\r\nHost: www.example\r\n\r\n")
    facts = ConnectionFacts(b"10.0.0.9", 4711, b"10.0.0.1", 80, False, b"", world.table)
    decision = Routes(world.plan, world.scoreboard, 0).decider.decide(facts, head)
    assert (decision.kind, decision.balancer, decision.path) == (FORWARD, world.balancer, b"/x")


def test_children_see_the_same_member_with_cells_of_their_own() -> None:
    from evenflow.balancer.choose import begin, release
    from evenflow.slotmem.scoreboard import Scoreboard

    world = World({"a": {}}, {}, {}, {}, {})
    scoreboard = Scoreboard(world.plan.members, world.plan.balancers, 2)
    first, second = (Routes(world.plan, scoreboard, child) for child in range(2))
    begin(first.slots[0])
    assert (first.slots[0].busy, second.slots[0].busy) == (1, 0)
    first.slots[0].error_since = 5.0
    assert second.slots[0].error_since == 5.0
    release(first.slots[0], 1, 2)
    assert first.slots[0].busy == 0
