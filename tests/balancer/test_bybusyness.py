"""bybusyness: in-flight requests first, then the account of byrequests."""

from __future__ import annotations

from evenflow.balancer.choose import choose, release
from tests.balancer.cluster import Cluster, member


def test_an_idle_system_follows_the_load_factors() -> None:
    factors = member(loadfactor=300), member(loadfactor=100), member(loadfactor=200)
    assert Cluster(*factors, lbmethod="bybusyness").requests(6) == "1 3 1 2 3 1"


def test_the_busy_member_waits() -> None:
    cluster = Cluster(member(), member(), lbmethod="bybusyness")
    held = choose(cluster.balance, b"", 1.0)
    assert held is cluster.slots[0]
    assert cluster.requests(4) == "2 2 2 2"
    release(held, 0, 0)
    assert cluster.requests(2) == "1 1"


def test_what_other_children_have_in_flight_counts() -> None:
    cluster = Cluster(member(), member(), lbmethod="bybusyness", children=2)
    for _ in range(2):
        # The second child begins with the second member; make it hold two requests at the first one.
        slot = choose(cluster.balances[1], b"", 1.0)
        assert slot is not None
    busy = [slot.total(1) for slot in cluster.slots]
    assert busy == [1, 1]
    third = choose(cluster.balances[1], b"", 1.0)
    assert third is cluster.balances[1].slots[1]
    assert cluster.requests(3) == "1 1 1"
