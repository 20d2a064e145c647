"""Two children and four give the same balance as one: the same traffic, each request at a child drawn by lot.

A child knows its own account (byrequests, and what the others fall back on between equals) and everybody's numbers
(bytes, requests in flight). How far that may differ from one account for all is said here for each method. Run as a
program, this file prints the table of docs/guide/balancing.md.
"""

from __future__ import annotations

import heapq
import os
import random
import sys
from dataclasses import dataclass
from typing import Final

import pytest

from evenflow.balancer.choose import choose, release
from evenflow.balancer.outcomes import tell
from evenflow.slotmem.layout import BUSY, ELECTED, RECEIVED, SENT
from evenflow.slotmem.members import MemberSlot
from tests.balancer.cluster import Cluster, member

FACTORS: Final = (3, 1, 2)
REQUESTS: Final = 3000
RATE: Final = 200.0
HOLD: Final = 0.05

BOUNDS: Final = {
    "byrequests": 0.0,
    "bytraffic": 0.0,
    "bybusyness": 0.01,
    "leastconn": 0.02,
    "peakewma": 0.04,
    "hash": 0.0,
}
"""How much of all requests a member may get more or less than with one child, beyond one for each child and member."""


@dataclass(frozen=True)
class Traffic:
    """`sticky` is the share of requests that belong to sessions of the first member, which is `slow` times as slow;
    `uneven`: each child has twice the traffic of the one before."""

    name: str
    sticky: float = 0.0
    slow: float = 1.0
    uneven: bool = False


TRAFFICS: Final = (
    Traffic("plain"),
    Traffic("sessions", sticky=0.3),
    Traffic("a slow member", slow=5.0),
    Traffic("uneven children", sticky=0.2, uneven=True),
)


class Arrivals:
    """The same requests, whoever takes them."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.now = 0.0

    def next(self, traffic: Traffic) -> tuple[float, float, int, bytes, bytes]:
        """(when, how long, how many bytes, route, key)"""
        dice = self.dice
        self.now += dice.expovariate(RATE)
        seconds, size = dice.expovariate(1 / HOLD), dice.randint(100, 20000)
        route = b"n0" if dice.random() < traffic.sticky else b""
        return self.now, seconds, size, route, b"%d" % dice.randrange(1000)


def play(method: str, traffic: Traffic, children: int, seed: int = 1) -> Cluster:
    """Let the traffic happen; the cluster's numbers tell."""
    members = (member(loadfactor=factor * 100, route=b"n%d" % place) for place, factor in enumerate(FACTORS))
    cluster = Cluster(*members, lbmethod=method, children=children)
    lots, which = random.Random(seed + 1), random.Random(seed + 2)
    weights = [2.0**child if traffic.uneven else 1.0 for child in range(children)]
    for balance in cluster.balances:
        balance.turn.dice = lots.random
    arrivals = Arrivals(seed)
    running: list[tuple[float, int, int, MemberSlot, float, int]] = []
    for number in range(REQUESTS):
        now, seconds, size, route, key = arrivals.next(traffic)
        while running and running[0][0] <= now:
            ended, _, child, slot, took, sent = heapq.heappop(running)
            if cluster.balances[child].watches:
                tell(cluster.balances[child], slot, took, True, ended)
            release(slot, 200, sent)
        child = which.choices(range(children), weights)[0]
        balance = cluster.balances[child]
        balance.turn.key = key
        chosen = choose(balance, route, now)
        assert chosen is not None
        if chosen is balance.slots[0]:
            seconds *= traffic.slow
        heapq.heappush(running, (now + seconds, number, child, chosen, seconds, size))
    return cluster


def served(cluster: Cluster) -> list[int]:
    return [slot.total(ELECTED) for slot in cluster.slots]


@pytest.mark.parametrize("traffic", TRAFFICS, ids=lambda traffic: traffic.name)
@pytest.mark.parametrize("method", BOUNDS)
def test_several_children_balance_as_one(method: str, traffic: Traffic) -> None:
    alone = served(play(method, traffic, 1))
    for children in (2, 4):
        together = served(play(method, traffic, children))
        most = BOUNDS[method] * REQUESTS + children * len(FACTORS)
        assert all(abs(one - other) <= most for one, other in zip(together, alone, strict=True)), (alone, together)


@pytest.mark.parametrize("children", [1, 2, 4])
def test_byrequests_is_never_far_from_the_load_factors(children: int) -> None:
    """However the requests fall on the children: after each one, no member is further from its share than one request
    for each child."""
    cluster = Cluster(*(member(loadfactor=factor * 100) for factor in FACTORS), children=children)
    dice = random.Random(5)
    for number in range(1, 600):
        cluster.request(child=dice.randrange(children))
        for slot, factor in zip(cluster.slots, FACTORS, strict=True):
            assert abs(slot.total(ELECTED) - number * factor / sum(FACTORS)) <= children


@pytest.mark.parametrize("method", BOUNDS)
def test_processes_at_once(method: str) -> None:
    """Four real processes on one scoreboard: nothing is lost, nothing is left over, and the shares are right."""
    children, each = 4, 600
    cluster = Cluster(*(member(loadfactor=factor * 100) for factor in FACTORS), lbmethod=method, children=children)
    pids: list[int] = []
    for child in range(children):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                work(cluster, child, each)
                status = 0
            finally:
                os._exit(status)
        pids.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * children
    assert sum(served(cluster)) == children * each
    assert [slot.total(BUSY) for slot in cluster.slots] == [0] * len(FACTORS)
    assert sum(slot.total(SENT) for slot in cluster.slots) == children * each
    assert sum(slot.total(RECEIVED) for slot in cluster.slots) == 10 * children * each
    if method == "byrequests":
        most = children * len(FACTORS)
        shares = [children * each * factor / sum(FACTORS) for factor in FACTORS]
        assert all(abs(one - share) <= most for one, share in zip(served(cluster), shares, strict=True))
    assert min(served(cluster)) > 0


def work(cluster: Cluster, child: int, number: int) -> None:
    """One process's requests, some of them at the same time."""
    balance = cluster.balances[child]
    held: list[MemberSlot] = []
    for place in range(number):
        balance.turn.key = b"%d" % place
        slot = choose(balance, b"", 1.0 + place)
        assert slot is not None
        if balance.watches:
            tell(balance, slot, 0.01, True, 1.0 + place)
        held.append(slot)
        if len(held) > 5:
            release(held.pop(0), 1, 10)
    for slot in held:
        release(slot, 1, 10)


def main() -> None:
    """Print the table: percent of all requests for each member."""
    for method in BOUNDS:
        for traffic in TRAFFICS:
            cells = []
            for children in (1, 2, 4):
                counts = served(play(method, traffic, children))
                cells.append(" ".join(f"{100 * count / sum(counts):.1f}" for count in counts))
            sys.stdout.write(f"| {method} | {traffic.name} | {' | '.join(cells)} |\n")


if __name__ == "__main__":
    main()
