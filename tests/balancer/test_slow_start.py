"""A recovered member's share grows, and nobody is held back when there is nobody else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evenflow.balancer.choose import choose, release
from evenflow.balancer.health import mark_failed
from evenflow.balancer.methods import NAMES
from evenflow.balancer.slow_start import SlowStart
from evenflow.plan.balancing import Balancing
from tests.balancer.cluster import Cluster, member

TWO = member(route=b"n1"), member(route=b"n2")


def recovering(*members: dict[str, object], seconds: float = 100.0, **parameters: object) -> Cluster:
    """The first member was in error and has just left it."""
    cluster = Cluster(*members, balancing=Balancing(slow_start=seconds), **parameters)  # type: ignore[arg-type]
    for slot in cluster.slots:
        slot.ready = 1
    mark_failed(cluster.balance, cluster.slots[0], cluster.now)
    cluster.now += 61.0
    assert cluster.request() != "503"
    assert cluster.slots[0].error_since == 0.0 and cluster.slots[0].recovered == cluster.now
    return cluster


def test_it_begins_with_a_tenth_of_its_share() -> None:
    served = recovering(*TWO).requests(200).split()
    assert served.count("1") == 10


def test_half_way_it_has_half_its_share_and_at_the_end_all_of_it() -> None:
    cluster = recovering(*TWO)
    cluster.now += 50.0
    assert cluster.requests(200).split().count("1") == 50
    cluster.now += 50.0
    assert cluster.requests(200).split().count("1") == 100


def test_nothing_is_owed_for_the_turns_that_it_sat_out() -> None:
    cluster = recovering(*TWO)
    cluster.requests(500)
    cluster.now += 100.0
    assert cluster.requests(4) in ("1 2 1 2", "2 1 2 1")


def test_its_sessions_come_back_at_once() -> None:
    cluster = recovering(*TWO, sticky_cookie=b"SID")
    assert cluster.requests(5, cookie=b"SID=.n1") == "1 1 1 1 1"


def test_a_lone_member_takes_everything() -> None:
    assert recovering(member()).requests(5) == "1 1 1 1 1"


def test_who_never_failed_is_not_held_back() -> None:
    assert Cluster(*TWO, balancing=Balancing(slow_start=100.0)).requests(4) == "1 2 1 2"


def test_it_is_told_to_the_trace() -> None:
    cluster = recovering(*TWO)
    trace: list[str] = []
    cluster.balance.trace = trace
    choose(cluster.balance, b"", cluster.now)
    assert "http://b1: has just recovered, and sits this turn out (EvenflowSlowStart)" in trace


@given(st.sampled_from(NAMES), st.integers(2, 5), st.floats(0.0, 99.0), st.randoms(use_true_random=False))
def test_with_every_lbmethod_it_gets_no_more_than_its_part_of_the_turns(
    name: str, size: int, passed: float, dice: object
) -> None:
    cluster = recovering(*(member() for _ in range(size)), lbmethod=name)
    cluster.balance.turn.dice = dice.random  # type: ignore[attr-defined]
    cluster.now += passed
    turns = 100
    count = 0
    for number in range(turns):
        cluster.balance.turn.key = b"%d" % number
        slot = choose(cluster.balance, b"", cluster.now)
        assert slot is not None
        count += slot is cluster.slots[0]
        release(slot, 1, 1)
    assert count <= turns * max(0.1, passed / 100.0) + 1


@given(st.floats(0.1, 1000.0), st.floats(0.01, 1.0), st.lists(st.floats(0.0, 50.0), min_size=1, max_size=40))
def test_the_share_grows_from_the_least_to_one(seconds: float, least: float, pauses: list[float]) -> None:
    slot = Cluster(member()).slots[0]
    slot.recovered = now = 1000.0
    slow_start = SlowStart(seconds, least)
    before = slow_start.share(slot, now)
    assert before == least
    for pause in pauses:
        now += pause
        share = slow_start.share(slot, now)
        assert before <= share <= 1.0
        before = share
    assert slow_start.share(slot, 1000.001 + seconds) == 1.0
