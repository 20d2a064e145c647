"""Outliers are passed over: for being worse than the others, never the last one, and longer each time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.balancer.choose import choose
from evenflow.balancer.outcomes import tell
from evenflow.plan.balancing import Balancing, Ejection
from evenflow.slotmem.layout import DISABLED, DRAINING
from tests.balancer.cluster import Cluster, member

ERRORS = Ejection(errors=0.5)
LATENCY = Ejection(latency=3.0)


def watched(size: int, ejection: Ejection, children: int = 1, **parameters: object) -> Cluster:
    """So many members, looked at for the first time."""
    members = (member(route=b"n%d" % number) for number in range(1, size + 1))
    cluster = Cluster(*members, balancing=Balancing(ejection=ejection), children=children, **parameters)  # type: ignore[arg-type]
    for child in range(children):
        cluster.request(child=child)
    return cluster


def happen(cluster: Cluster, *members: tuple[int, int, float], child: int = 0) -> None:
    """(attempts, failures, seconds each) at each member; then the next interval begins, and each child looks."""
    balance = cluster.balances[child]
    for slot, (attempts, faults, seconds) in zip(balance.slots, members, strict=True):
        for number in range(attempts):
            tell(balance, slot, seconds, number >= faults, cluster.now)
    cluster.now += 10.0
    for other in range(len(cluster.balances)):
        cluster.request(child=other)


def ejected(cluster: Cluster, child: int = 0) -> list[int]:
    slots = cluster.balances[child].slots
    return [place + 1 for place, slot in enumerate(slots) if slot.ejected_until > cluster.now]


def test_a_member_that_fails_is_passed_over_and_comes_back() -> None:
    cluster = watched(3, ERRORS)
    happen(cluster, (20, 10, 0.0), (20, 0, 0.0), (20, 0, 0.0))
    assert ejected(cluster) == [1]
    assert set(cluster.requests(6).split()) == {"2", "3"}
    assert [(slot.member.name, why, seconds) for slot, why, seconds in cluster.balance.outliers.news] == [
        (b"http://b1", "10 of 20 attempts failed", 30.0)
    ]
    cluster.now += 30.0
    assert "1" in cluster.requests(4).split()
    # It comes back slowly where that is wanted.
    assert cluster.slots[0].recovered == cluster.now


@pytest.mark.parametrize(
    "story",
    [
        ((19, 19, 0.0), (20, 0, 0.0)),
        ((20, 9, 0.0), (20, 0, 0.0)),
        ((20, 20, 0.0), (20, 20, 0.0)),
        ((20, 20, 0.0), (20, 11, 0.0)),
        ((20, 20, 0.0), (0, 0, 0.0)),
    ],
    ids=["too few", "too seldom", "all alike", "nearly alike", "nobody to compare with"],
)
def test_who_is_no_outlier(story: tuple[tuple[int, int, float], ...]) -> None:
    cluster = watched(2, ERRORS)
    happen(cluster, *story)
    assert ejected(cluster) == []


def test_a_slow_member_is_passed_over() -> None:
    cluster = watched(3, LATENCY)
    happen(cluster, (20, 0, 0.1), (20, 0, 0.31), (20, 0, 0.1))
    assert ejected(cluster) == [2]
    assert "its answers begin after 0.310 s, the others' after 0.100 s" in cluster.balance.outliers.news[0][1]


@pytest.mark.parametrize(
    "story",
    [
        ((20, 0, 0.1), (20, 0, 0.29), (20, 0, 0.1)),
        ((20, 0, 0.001), (20, 0, 0.04), (20, 0, 0.001)),
        ((20, 20, 0.1), (20, 20, 0.1), (20, 20, 0.1)),
        ((5, 0, 0.1), (20, 0, 0.9), (5, 0, 0.1)),
    ],
    ids=["not by so much", "too little to notice", "errors do not count here", "nobody to compare with"],
)
def test_who_is_not_slow(story: tuple[tuple[int, int, float], ...]) -> None:
    cluster = watched(3, LATENCY)
    happen(cluster, *story)
    assert ejected(cluster) == []


def test_the_time_grows_while_it_goes_on() -> None:
    cluster = watched(3, ERRORS)
    times = []
    for _ in range(12):
        happen(cluster, (20, 20, 0.0), (20, 0, 0.0), (20, 0, 0.0))
        times.append(round(cluster.slots[0].ejected_until - cluster.now))
        cluster.now = cluster.slots[0].ejected_until
        cluster.request()
    assert times == [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300]
    for _ in range(11):
        happen(cluster, (20, 0, 0.0), (20, 0, 0.0), (20, 0, 0.0))
    happen(cluster, (20, 20, 0.0), (20, 0, 0.0), (20, 0, 0.0))
    assert round(cluster.slots[0].ejected_until - cluster.now) == 30


def test_its_sessions_stay() -> None:
    cluster = watched(2, ERRORS, sticky_cookie=b"SID")
    happen(cluster, (20, 20, 0.0), (20, 0, 0.0))
    assert ejected(cluster) == [1]
    assert cluster.requests(3, cookie=b"SID=.n1") == "1 1 1"
    assert cluster.requests(3) == "2 2 2"


def test_all_children_come_to_the_same() -> None:
    """Each counts a part that is too little by itself."""
    cluster = watched(3, ERRORS, children=3)
    for child in range(3):
        for place, slot in enumerate(cluster.balances[child].slots):
            for _ in range(8):
                tell(cluster.balances[child], slot, 0.0, place != 1, cluster.now)
    happen(cluster, (0, 0, 0.0), (0, 0, 0.0), (0, 0, 0.0))
    assert [ejected(cluster, child) for child in range(3)] == [[2], [2], [2]]


@pytest.mark.parametrize("status", [DISABLED, DRAINING])
def test_the_last_usable_member_stays(status: int) -> None:
    cluster = watched(3, ERRORS)
    for slot in cluster.slots[1:]:
        slot.set_status(status, True)
    happen(cluster, (20, 20, 0.0), (20, 0, 0.0), (20, 0, 0.0))
    assert ejected(cluster) == []


def test_when_the_others_go_the_outlier_is_asked_again() -> None:
    cluster = watched(2, ERRORS)
    happen(cluster, (20, 20, 0.0), (20, 0, 0.0))
    cluster.slots[1].set_status(DISABLED, True)
    assert cluster.requests(2) == "1 1"


def test_it_is_told_to_the_trace() -> None:
    cluster = watched(2, ERRORS)
    happen(cluster, (20, 20, 0.0), (20, 0, 0.0))
    trace: list[str] = []
    cluster.balance.trace = trace
    choose(cluster.balance, b"", cluster.now)
    assert "http://b1: an outlier, is passed over for 30 s" in trace


counts = st.tuples(st.integers(0, 60), st.floats(0.0, 1.0), st.floats(0.0, 5.0))


@given(
    st.integers(1, 6).flatmap(lambda size: st.lists(st.lists(counts, min_size=size, max_size=size), max_size=6)),
    st.floats(0.01, 1.0),
    st.floats(1.0, 10.0),
    st.floats(0.0, 1.0),
    st.integers(0, 5),
)
def test_somebody_is_always_left(
    story: list[list[tuple[int, float, float]]], errors: float, latency: float, most: float, off: int
) -> None:
    """Whatever happens, and whoever else is disabled: requests are served, and no more are ejected than allowed."""
    size = len(story[0]) if story else 1
    cluster = watched(size, Ejection(errors=errors, latency=latency, most=most))
    if size > 1:
        cluster.slots[off % size].set_status(DISABLED, True)
    for interval in story:
        happen(cluster, *((attempts, int(attempts * share), seconds) for attempts, share, seconds in interval))
        gone = ejected(cluster)
        assert len(gone) <= max(1, int(most * size))
        usable = [place + 1 for place, slot in enumerate(cluster.slots) if slot.usable()]
        assert not usable or set(usable) - set(gone)
        assert cluster.request() != "503"


@given(st.integers(2, 6), st.integers(20, 60), st.floats(0.0, 0.49), st.floats(0.0, 5.0))
def test_members_that_are_alike_are_never_ejected(size: int, attempts: int, share: float, seconds: float) -> None:
    cluster = watched(size, Ejection(errors=0.5, latency=3.0))
    happen(cluster, *[(attempts, int(attempts * share), seconds)] * size)
    assert ejected(cluster) == []
