"""A scoreboard with two children at work, and what is shown of it."""

from __future__ import annotations

from evenflow.plan.model import Plan
from evenflow.slotmem.children import ChildState
from evenflow.slotmem.scoreboard import Scoreboard
from tests.plan.cases import inside, plan_of

TEXT = """\
ProxyStatus On
<Proxy balancer://c>
BalancerMember http://b1:8080 route=a
BalancerMember http://b2:8080 status=+D
</Proxy>
ProxyPass / balancer://c/
"""


def at_work(text: str = TEXT) -> tuple[Plan, Scoreboard]:
    """A plan, and a scoreboard of three children: one answers, one drains, one is not there."""
    plan = plan_of(inside(text))
    board = Scoreboard(plan.members, plan.balancers, 3)
    first, second = board.child(0), board.child(1)
    board.past().started = 100.0
    first.begin(4711, 1, 100.0)
    first.state = ChildState.SERVING
    first.requests, first.in_flight, first.connections, first.tunnels, first.body_bytes = 10, 2, 7, 1, 4096
    second.begin(4712, 1, 150.0)
    second.state = ChildState.DRAINING
    second.requests, second.connections = 5, 1
    return plan, board
