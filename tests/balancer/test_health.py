"""The error state: who enters it, who leaves it and when."""

from __future__ import annotations

from evenflow.balancer.choose import choose
from evenflow.balancer.health import mark_failed, recover, try_again
from tests.balancer.cluster import Cluster, member


def test_a_dead_member_skews_what_follows() -> None:
    cluster = Cluster(member(), member(), member(), dead=(2,))
    assert cluster.requests(6) == "1 3 3 1 3 1"


def test_the_account_of_a_dead_member_stands_still() -> None:
    cluster = Cluster(member(), member(), member(), dead=(1,))
    story = [(cluster.request(), cluster.owed) for _ in range(4)]
    assert story == [
        ("2", [-200, 0, 200]),
        ("3", [-200, 100, 100]),
        ("2", [-200, 0, 200]),
        ("3", [-200, 100, 100]),
    ]
    assert [slot.elected for slot in cluster.slots] == [1, 2, 2]


def test_one_try_only() -> None:
    cluster = Cluster(member(), member(), member(), dead=(2,), maxattempts=0)
    assert cluster.requests(6) == "1 503 3 3 1 3"


def test_two_dead_members_and_one_live() -> None:
    assert Cluster(member(), member(), member(), dead=(1, 2)).requests(3) == "3 3 3"
    assert Cluster(member(), member(), member(), dead=(1, 2), maxattempts=1).requests(3) == "503 3 3"


def test_a_member_that_ignores_errors_is_never_marked() -> None:
    cluster = Cluster(member(), member(status=b"I"), dead=(2,))
    assert cluster.requests(6) == "1 503 1 503 1 503"
    assert cluster.slots[1].error_since == 0.0


def test_the_retry_time() -> None:
    cluster = Cluster(member(retry=60.0), member(), dead=(1,))
    assert cluster.requests(3) == "2 2 2"
    cluster.dead.clear()
    cluster.now += 60.0
    assert cluster.request() == "2"
    cluster.now += 0.001
    assert "1" in cluster.requests(2)


def test_retry_zero_is_at_once() -> None:
    cluster = Cluster(member(retry=0.0), member(), dead=(1,))
    cluster.request()
    cluster.now += 0.001
    cluster.dead.clear()
    assert "1" in cluster.requests(4)


def test_all_children_try_a_dead_member_once_in_an_interval() -> None:
    cluster = Cluster(member(retry=10.0), member(), dead=(1,), children=3)
    for _ in range(4):
        before = sum(balance.slots[0].elected for balance in cluster.balances)
        for child in (0, 1, 2, 0, 1, 2, 0, 1, 2):
            cluster.request(child=child)
        assert sum(balance.slots[0].elected for balance in cluster.balances) == before + 1
        cluster.now += 10.1


def test_a_stopped_member_stays_in_error() -> None:
    cluster = Cluster(member(status=b"SE"), member())
    assert cluster.requests(3) == "2 2 2"
    assert cluster.slots[0].error_since != 0.0
    assert Cluster(member(status=b"S"), member()).requests(4) == "2 2 2 2"


def test_with_all_dead_every_request_tries_everybody() -> None:
    cluster = Cluster(member(), member(), dead=(1, 2))
    assert cluster.requests(3) == "503 503 503"
    assert [slot.elected for slot in cluster.slots] == [3, 3]
    cluster.dead.clear()
    assert cluster.requests(2) in ("1 2", "2 1")


def test_without_forcerecovery_only_the_first_request_tries() -> None:
    cluster = Cluster(member(), member(), dead=(1, 2), forcerecovery=False)
    assert cluster.requests(3) == "503 503 503"
    assert [slot.elected for slot in cluster.slots] == [1, 1]
    cluster.dead.clear()
    assert cluster.requests(2) == "503 503"
    cluster.now += 60.1
    assert sorted(cluster.requests(2).split()) == ["1", "2"]


def test_a_disabled_member_without_error_prevents_the_recovery_as_in_httpd() -> None:
    cluster = Cluster(member(), member(status=b"D"), dead=(1,))
    assert cluster.requests(2) == "503 503"
    assert cluster.slots[0].elected == 1


def test_a_failed_health_check_is_not_revived() -> None:
    cluster = Cluster(member(status=b"CE"))
    recover(cluster.balance, 0.0)
    assert cluster.slots[0].error_since == 0.0
    assert cluster.request() == "503"


def test_outside_of_a_balancer_nothing_is_marked() -> None:
    slot = Cluster(member()).scoreboard.member(0, 0)
    assert not mark_failed(None, slot, 5.0)
    assert slot.error_since == 0.0


def test_a_clock_at_zero_marks_too() -> None:
    cluster = Cluster(member(), member())
    assert mark_failed(cluster.balance, cluster.slots[0], 0.0)
    assert not cluster.slots[0].usable()


def test_an_ignoring_member_leaves_the_error_state_at_once() -> None:
    cluster = Cluster(member(status=b"I"))
    cluster.slots[0].error_since = 999.0
    try_again(cluster.slots[0], 1000.0)
    assert cluster.slots[0].usable()


def test_forced_recovery_is_told_to_the_trace() -> None:
    cluster = Cluster(member(), dead=(1,))
    cluster.request()
    trace: list[str] = []
    cluster.balance.trace = trace
    assert choose(cluster.balance, b"", cluster.now) is not None
    assert trace[0] == "every member is in error: all are tried again (forcerecovery)"


def test_retries_are_counted_until_the_member_answers() -> None:
    cluster = Cluster(member(retry=10.0), member(), dead=(1,))
    for expected in (0, 1, 2):
        cluster.requests(2)
        assert cluster.slots[0].retries == expected
        cluster.now += 10.1
    cluster.dead.clear()
    assert "1" in cluster.requests(2)
    assert cluster.slots[0].retries == 0


def test_when_it_left_the_error_state_is_known_to_all_children() -> None:
    cluster = Cluster(member(), member(), dead=(1,), children=2)
    assert cluster.requests(2) == "2 2"
    assert cluster.slots[0].recovered == 0.0
    cluster.now += 61.0
    cluster.dead.clear()
    cluster.requests(2, child=1)
    assert [balance.slots[0].recovered for balance in cluster.balances] == [cluster.now] * 2
