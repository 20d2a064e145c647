"""A balancer with pretend members for stories: some are dead, the rest answer; around `choose` httpd's attempts."""

from __future__ import annotations

from typing import Any

from evenflow.balancer.balance import Balance
from evenflow.balancer.choose import choose, release
from evenflow.balancer.health import mark_failed
from evenflow.balancer.sticky import find_session, route_changed
from evenflow.origin import NOWHERE
from evenflow.plan.model import Balancer, Member
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard


def member(**parameters: Any) -> dict[str, Any]:
    """One member's parameters as in the plan: `loadfactor` a hundredfold, `status` letters, texts bytes."""
    return parameters


class Cluster:
    """`members` of one balancer, numbered from 1; `dead` are refused by. Time stands still unless `now` is moved."""

    def __init__(
        self, *members: dict[str, Any], dead: tuple[int, ...] = (), children: int = 1, **parameters: Any
    ) -> None:
        self.dead = set(dead)
        self.now = 1000.0
        made = []
        for index, given in enumerate(members):
            one = Member(b"http://b%d" % (index + 1), b"http", f"b{index + 1}", 80, b"", index, NOWHERE)
            for name, value in given.items():
                setattr(one, name, value)
            made.append(one)
        balancer = Balancer(b"c", tuple(made), 0, NOWHERE)
        for name, value in parameters.items():
            setattr(balancer, name, value)
        if balancer.sticky_cookie and not balancer.sticky_path:
            balancer.sticky_path = balancer.sticky_cookie
        self.scoreboard = Scoreboard(made, (balancer,), children)
        self.balances = [Balance(balancer, self.scoreboard, child) for child in range(children)]
        self.changed: list[bool] = []

    @property
    def balance(self) -> Balance:
        return self.balances[0]

    @property
    def slots(self) -> list[MemberSlot]:
        return self.balance.slots

    @property
    def owed(self) -> list[int]:
        return [slot.owed for slot in self.slots]

    def request(self, url: bytes = b"/", cookie: bytes | None = None, child: int = 0) -> str:
        """Send one request; answer the number of the member that served it, or 503."""
        balance = self.balances[child]
        attempts = 0
        changed = False
        while True:
            session = find_session(balance, url, cookie)
            route = b"" if session is None else session.route
            slot = choose(balance, route, self.now)
            if slot is None:
                return "503"
            number = balance.slots.index(slot) + 1
            changed |= route_changed(balance, route, slot)
            if number not in self.dead:
                release(slot, 100, 1000)
                self.changed.append(changed)
                return str(number)
            failed = mark_failed(balance, slot, self.now)
            release(slot, 0, 0)
            if not failed or attempts >= balance.maxattempts:
                return "503"
            attempts += 1

    def requests(self, number: int, url: bytes = b"/", cookie: bytes | None = None, child: int = 0) -> str:
        """Who served each of so many equal requests, one after the other."""
        return " ".join(self.request(url, cookie, child) for _ in range(number))
