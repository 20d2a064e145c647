"""Choosing and giving back: what is booked, and why there was nobody."""

from __future__ import annotations

from evenflow.balancer.balance import NoMember
from evenflow.balancer.choose import begin, choose, release
from tests.balancer.cluster import Cluster, member


def test_what_is_booked() -> None:
    cluster = Cluster(member())
    slot = choose(cluster.balance, b"", 1.0)
    again = choose(cluster.balance, b"", 1.0)
    assert slot is again is cluster.slots[0]
    assert (slot.busy, slot.elected) == (2, 2)
    release(slot, 10, 20)
    release(slot, 1, 2)
    assert (slot.busy, slot.elected, slot.sent, slot.received) == (0, 2, 11, 22)


def test_no_members() -> None:
    cluster = Cluster()
    assert cluster.request() == "503"
    assert cluster.balance.reason is NoMember.EMPTY


def test_nobody_usable() -> None:
    cluster = Cluster(member(status=b"S"), member(status=b"D"), member(status=b"N"))
    assert cluster.request() == "503"
    assert cluster.balance.reason is NoMember.UNUSABLE


def test_nobody_of_the_route() -> None:
    cluster = Cluster(member(route=b"n1", status=b"D"), member(), nofailover=True)
    assert choose(cluster.balance, b"n1", 1.0) is None
    assert cluster.balance.reason is NoMember.ROUTE
    assert choose(cluster.balance, b"", 1.0) is cluster.slots[1]
    assert cluster.balance.reason is None


def test_a_choice_that_came_to_nothing_books_nothing() -> None:
    cluster = Cluster(member(route=b"n1", status=b"D"), nofailover=True)
    choose(cluster.balance, b"n1", 1.0)
    choose(cluster.balance, b"", 1.0)
    assert [(slot.busy, slot.elected, slot.owed) for slot in cluster.slots] == [(0, 0, 0)]


def test_a_member_that_nobody_chose() -> None:
    slot = Cluster(member()).scoreboard.member(0, 0)
    begin(slot)
    assert (slot.busy, slot.elected) == (1, 1)
    release(slot, 5, 6)
    assert (slot.busy, slot.sent, slot.received) == (0, 5, 6)


def test_a_buried_childs_request_that_is_released_late_does_not_count_below_zero() -> None:
    cluster = Cluster(member())
    slot = choose(cluster.balance, b"", 1.0)
    assert slot is not None
    cluster.scoreboard.bury(0)
    release(slot, 1, 1)
    assert slot.busy == 0


def test_a_choice_tells_its_trace_the_route_and_the_member() -> None:
    cluster = Cluster(member(), member(route=b"n2"))
    trace: list[str] = []
    cluster.balance.trace = trace
    choose(cluster.balance, b"n2", 1.0)
    assert trace == ["the session asks for route 'n2'", "chosen: http://b2"]
