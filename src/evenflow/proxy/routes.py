"""What one child serves with: the plan's answers, its balances, its slots, and the date of this second.

Made once after the fork. Exchanges hold it; nobody writes to it but the tick, which sets `date` and `draining`.
"""

from __future__ import annotations

from evenflow.balancer.balance import Balance
from evenflow.plan.decide import Decider
from evenflow.plan.model import Plan
from evenflow.proxy.server_token import TOKEN
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard


class Routes:
    """One generation as one child sees it."""

    def __init__(self, plan: Plan, scoreboard: Scoreboard, child: int) -> None:
        self.plan = plan
        TOKEN.text = plan.server_token
        self.decider = Decider(plan)
        self.balances: list[Balance] = [Balance(balancer, scoreboard, child) for balancer in plan.balancers]
        self.slots: list[MemberSlot] = [scoreboard.member(member.slot, child) for member in plan.members]
        """For members that no balancer chooses; `slots[i]` is the member with slot i."""
        self.date = b""
        """The Date field's value now (RFC 9110 section 5.6.7)."""
        self.draining = False
        """No connection is kept: this child is about to end."""
