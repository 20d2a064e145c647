"""byrequests against what httpd's manager showed after each request, and the shares that load factors promise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evenflow.balancer.byrequests import byrequests
from tests.balancer.cluster import Cluster, member


def test_factors_3_1_2_to_the_digit() -> None:
    cluster = Cluster(member(loadfactor=300), member(loadfactor=100), member(loadfactor=200))
    story = [(cluster.request(), cluster.owed) for _ in range(6)]
    assert story == [
        ("1", [-300, 100, 200]),
        ("3", [0, 200, -200]),
        ("1", [-300, 300, 0]),
        ("2", [0, -200, 200]),
        ("3", [300, -100, -200]),
        ("1", [0, 0, 0]),
    ]


def test_two_equal_members_take_turns() -> None:
    cluster = Cluster(member(), member())
    assert [(cluster.request(), cluster.owed) for _ in range(2)] == [("1", [-100, 100]), ("2", [0, 0])]


def test_the_order_is_interleaved() -> None:
    assert Cluster(member(loadfactor=500), member()).requests(12) == "1 1 1 2 1 1 1 1 1 2 1 1"
    assert Cluster(member(loadfactor=150), member()).requests(10) == "1 2 1 2 1 1 2 1 2 1"
    assert Cluster(member(), member(), member()).requests(6) == "1 2 3 1 2 3"


def test_sticky_requests_count() -> None:
    cluster = Cluster(member(route=b"n1"), member(route=b"n2"), sticky_cookie=b"SID")
    story = [(cluster.request(cookie=b"SID=.n1"), cluster.owed) for _ in range(3)]
    assert story == [("1", [-100, 100]), ("1", [-200, 200]), ("1", [-300, 300])]
    story = [(cluster.request(), cluster.owed) for _ in range(3)]
    assert story == [("2", [-200, 200]), ("2", [-100, 100]), ("2", [0, 0])]


def test_sticky_requests_leave_unusable_members_out_of_the_account() -> None:
    cluster = Cluster(member(route=b"n1"), member(status=b"D"), member(status=b"N"), sticky_cookie=b"SID")
    cluster.request(cookie=b"SID=.n1")
    assert cluster.owed == [-100, 0, 100]


def test_nobody_from_nobody() -> None:
    assert byrequests([]) is None


@given(st.lists(st.integers(100, 10000), min_size=1, max_size=6))
def test_in_a_whole_period_each_member_gets_its_factor(factors: list[int]) -> None:
    factors = [factor // 100 * 100 for factor in factors]
    cluster = Cluster(*(member(loadfactor=factor) for factor in factors))
    served = cluster.requests(sum(factors) // 100).split()
    assert [served.count(str(number + 1)) * 100 for number in range(len(factors))] == factors
    assert cluster.owed == [0] * len(factors)
