"""heartbeat: lots drawn with the odds that members say of themselves, and nothing else that counts."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.balancer.balance import NoMember
from evenflow.balancer.choose import choose
from evenflow.slotmem.layout import DISABLED, DRAINING
from tests.balancer.cluster import Cluster, member


def cluster_of(*ready: int, children: int = 1, seed: int = 1) -> Cluster:
    cluster = Cluster(*(member() for _ in ready), lbmethod="heartbeat", children=children)
    dice = random.Random(seed)
    for balance in cluster.balances:
        balance.turn.dice = dice.random
    for slot, requests in zip(cluster.slots, ready, strict=True):
        slot.ready = requests
    return cluster


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6), st.integers(1, 4), st.integers(0, 1000))
def test_shares_are_what_members_say(ready: list[int], children: int, seed: int) -> None:
    cluster = cluster_of(*ready, children=children, seed=seed)
    turns = 400
    served = Counter(cluster.request(child=turn % children) for turn in range(turns))
    if not sum(ready):
        assert served == {"503": turns}
        return
    for number, requests in enumerate(ready, 1):
        share = requests / sum(ready)
        # Six times the standard deviation of so many draws.
        assert abs(served[str(number)] / turns - share) <= 6 * (share * (1 - share) / turns) ** 0.5, served
        assert requests or not served[str(number)]


def test_every_number_that_can_be_drawn_belongs_to_its_member() -> None:
    cluster = cluster_of(2, 0, 3)
    drawn = []
    for number in range(5):
        cluster.balance.turn.dice = lambda number=number: (number + 0.5) / 5  # type: ignore[misc]
        drawn.append(cluster.request())
    assert drawn == ["1", "1", "3", "3", "3"]
    cluster.balance.turn.dice = lambda: 0.999999999
    assert cluster.request() == "3"


def test_sets_standbys_spares_and_factors_count_for_nothing() -> None:
    cluster = Cluster(
        member(), member(lbset=3, loadfactor=10000), member(status=b"H"), member(status=b"R"), lbmethod="heartbeat"
    )
    cluster.balance.turn.dice = random.Random(3).random
    for slot in cluster.slots:
        slot.ready = 5
    served = Counter(cluster.request() for _ in range(2000))
    assert set(served) == {"1", "2", "3", "4"}
    assert max(served.values()) < 1.3 * min(served.values())


@pytest.mark.parametrize("bit", [DISABLED, DRAINING])
def test_who_is_disabled_or_drains_gets_nothing(bit: int) -> None:
    cluster = cluster_of(9, 1)
    cluster.slots[0].set_status(bit, True)
    assert set(cluster.requests(50).split()) == {"2"}


def test_a_dead_member_is_left_and_tried_again() -> None:
    cluster = cluster_of(1000000, 1)
    cluster.dead = {1}
    assert cluster.request() == "2"
    assert set(cluster.requests(20).split()) == {"2"}
    cluster.dead = set()
    cluster.now += 61.0
    assert cluster.request() == "1"


def test_a_session_goes_to_its_member_whatever_it_says() -> None:
    cluster = Cluster(
        member(route=b"a"), member(route=b"b"), lbmethod="heartbeat", sticky_cookie=b"S", sticky_path=b"S"
    )
    cluster.slots[0].ready = 100
    assert cluster.request(cookie=b"S=x.b") == "2"


def test_nobody_who_is_ready_is_a_reason_of_its_own() -> None:
    cluster = cluster_of(0, 0)
    assert choose(cluster.balance, b"", cluster.now) is None
    assert cluster.balance.reason is NoMember.SILENT
    for slot in cluster.slots:
        slot.set_status(DISABLED, True)
    assert choose(cluster.balance, b"", cluster.now) is None
    assert cluster.balance.reason is NoMember.UNUSABLE
