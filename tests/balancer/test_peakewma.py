"""peakewma: whom two lots leave, and what is learnt from how long answers took."""

from __future__ import annotations

import heapq
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.balancer.choose import begin, choose, release
from evenflow.balancer.peakewma import cost, learn
from evenflow.slotmem.members import MemberSlot
from tests.balancer.cluster import Cluster, member

MEMORY = 10.0
"""Seconds in which a third is left of what was learnt."""


def simulate(times: list[float], clients: int, seconds: float, children: int = 1, seed: int = 1) -> list[int]:
    """So many clients ask one request after the other; member i answers after `times[i]`. How many each one served."""
    cluster = Cluster(*(member() for _ in times), lbmethod="peakewma", children=children)
    dice = random.Random(seed)
    for balance in cluster.balances:
        balance.turn.dice = dice.random
    served = [0] * len(times)
    # (when it ends, tie-breaker, child, member, when it began)
    running: list[tuple[float, int, int, int, float]] = []
    for number in range(clients):
        heapq.heappush(running, (number / 1000, number, number % children, -1, 0.0))
    number = clients
    while running:
        now, _, child, place, began = heapq.heappop(running)
        if now > seconds:
            break
        balance = cluster.balances[child]
        if place >= 0:
            learn(balance.slots[place], now - began, now)
            release(balance.slots[place], 1, 1)
            served[place] += 1
        child = dice.randrange(children)
        slot = choose(cluster.balances[child], b"", now)
        assert slot is not None
        place = cluster.balances[child].slots.index(slot)
        number += 1
        heapq.heappush(running, (now + times[place] * dice.uniform(0.8, 1.2), number, child, place, now))
    return served


@pytest.mark.parametrize("children", [1, 4])
def test_equal_members_get_equal_shares(children: int) -> None:
    served = simulate([0.01] * 4, clients=16, seconds=20.0, children=children)
    assert all(abs(one / sum(served) - 0.25) < 0.05 for one in served), served


@pytest.mark.parametrize("children", [1, 4])
def test_a_slow_member_gets_little(children: int) -> None:
    """Ten times as slow: a tenth of a fair share would be 3.2 %, a fair one 25 %."""
    served = simulate([0.01, 0.01, 0.01, 0.1], clients=16, seconds=20.0, children=children)
    assert served[3] / sum(served) < 0.05, served
    assert max(served[:3]) - min(served[:3]) < 0.1 * sum(served), served


def test_a_bad_answer_counts_at_once_and_fades() -> None:
    slot = Cluster(member(), lbmethod="peakewma").slots[0]
    learn(slot, 0.01, 100.0)
    learn(slot, 5.0, 100.1)
    assert slot.latency == 5.0
    assert cost(slot, 100.1) > cost(slot, 100.1 + MEMORY) > cost(slot, 100.1 + 10 * MEMORY) > 0.0


@given(st.lists(st.tuples(st.floats(1e-6, 100.0), st.floats(0.0, 100.0)), min_size=1, max_size=30))
def test_what_is_known_lies_between_the_least_and_the_last_peak(answers: list[tuple[float, float]]) -> None:
    slot = Cluster(member(), lbmethod="peakewma").slots[0]
    now = 1000.0
    for seconds, pause in answers:
        now += pause
        learn(slot, seconds, now)
        # Never below what was just seen, never above all that was.
        assert seconds <= slot.latency * (1 + 1e-9)
    known = slot.latency
    assert min(seconds for seconds, _ in answers) <= known * (1 + 1e-9)
    assert known <= max(seconds for seconds, _ in answers) * (1 + 1e-9)


@given(
    st.lists(st.tuples(st.floats(0.0, 10.0), st.integers(0, 5), st.integers(1, 9)), min_size=2, max_size=6),
    st.randoms(use_true_random=False),
)
def test_the_costliest_is_never_taken(state: list[tuple[float, int, int]], dice: random.Random) -> None:
    """Two are drawn, so whoever costs more than every other one stays behind."""
    cluster = Cluster(*(member(loadfactor=factor * 100) for _, _, factor in state), lbmethod="peakewma")
    cluster.balance.turn.dice = dice.random
    for slot, (seconds, busy, _) in zip(cluster.slots, state, strict=True):
        if seconds:
            learn(slot, seconds, 50.0)
        for _ in range(busy):
            begin(slot)
    costs = [cost(slot, 50.0) for slot in cluster.slots]
    for _ in range(10):
        slot = choose(cluster.balance, b"", 50.0)
        assert slot is not None
        taken = costs[cluster.slots.index(slot)]
        assert taken < max(costs) or costs.count(taken) > 1
        release(slot, 0, 0)


def test_what_is_unknown_is_asked_once() -> None:
    cluster = Cluster(member(), member(), lbmethod="peakewma")
    learn(cluster.slots[0], 0.5, 1.0)
    first: list[MemberSlot | None] = [choose(cluster.balance, b"", 1.0) for _ in range(3)]
    assert [cluster.slots.index(slot) for slot in first if slot is not None] == [1, 0, 0]


def test_a_lone_member_is_not_drawn() -> None:
    assert Cluster(member(), lbmethod="peakewma").requests(3) == "1 1 1"
