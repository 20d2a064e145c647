"""bytraffic: bytes for the load factor, integer divisions and all."""

from __future__ import annotations

from evenflow.balancer.choose import release
from tests.balancer.cluster import Cluster, member


def test_a_fast_factor_in_the_middle() -> None:
    cluster = Cluster(member(), member(loadfactor=200), member(), lbmethod="bytraffic")
    assert cluster.requests(9) == "1 2 3 2 1 2 3 2 1"
    assert cluster.owed == [0, 0, 0]


def test_each_direction_is_divided_for_itself() -> None:
    cluster = Cluster(member(), member(), lbmethod="bytraffic")
    release(cluster.slots[0], 199, 199)
    release(cluster.slots[1], 0, 298)
    # 199 // 100 twice is 2, and 298 // 100 is 2 as well: the first of equals.
    assert cluster.request() == "1"


def test_the_traffic_of_all_children_counts() -> None:
    cluster = Cluster(member(), member(), lbmethod="bytraffic", children=2)
    release(cluster.balances[1].slots[0], 5000, 5000)
    assert cluster.requests(3) == "2 2 2"
