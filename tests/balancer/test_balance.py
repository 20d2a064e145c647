"""A balancer as children see it: where each begins, and what the manager's changes do."""

from __future__ import annotations

import pytest

from evenflow.balancer.balance import FIRST_ANSWER, Balance, NoMember
from evenflow.balancer.choose import choose
from evenflow.balancer.outcomes import tell
from evenflow.plan.balancing import Balancing, Ejection
from evenflow.slotmem.layout import DISABLED, RESTART_AT_FACTOR, RESTART_AT_ZERO
from evenflow.slotmem.scoreboard import Scoreboard
from tests.balancer.cluster import Cluster, member
from tests.plan.cases import plan_of


def test_children_begin_one_after_the_other() -> None:
    cluster = Cluster(member(), member(), member(), children=4)
    assert [cluster.requests(4, child=child) for child in range(4)] == ["1 2 3 1", "2 3 1 2", "3 1 2 3", "1 2 3 1"]


def test_with_factors_each_child_walks_the_one_sequence() -> None:
    cluster = Cluster(member(loadfactor=300), member(loadfactor=100), member(loadfactor=200), children=3)
    assert [cluster.requests(6, child=child) for child in range(3)] == ["1 3 1 2 3 1", "3 1 2 3 1 1", "1 2 3 1 1 3"]


def test_the_offset_leaves_reserves_and_later_sets_alone() -> None:
    cluster = Cluster(member(), member(status=b"H"), member(lbset=1), member(status=b"D"), member(), children=2)
    assert [slot.owed for slot in cluster.balances[1].slots] == [-100, 0, 0, 0, 100]


def test_a_successor_goes_on_where_the_dead_child_stopped() -> None:
    cluster = Cluster(member(), member(), member())
    assert cluster.requests(2) == "1 2"
    cluster.scoreboard.bury(0)
    cluster.balances[0] = Balance(cluster.balance.balancer, cluster.scoreboard, 0)
    assert cluster.requests(3) == "3 1 2"


def test_a_change_is_seen_at_the_next_choice() -> None:
    cluster = Cluster(member(route=b"n1"), member(route=b"n2"), sticky_cookie=b"SID", children=2)
    elsewhere = cluster.scoreboard.member(1, 0)
    elsewhere.name_route(b"m2")
    assert cluster.requests(3, cookie=b"SID=.m2") == "1 2 1"
    cluster.scoreboard.balancer(0).changed()
    assert not cluster.balance.is_current()
    assert [cluster.requests(3, cookie=b"SID=.m2", child=child) for child in range(2)] == ["2 2 2", "2 2 2"]
    assert cluster.balance.is_current()


def test_what_a_balancer_is_told_takes_effect() -> None:
    cluster = Cluster(member(), member())
    row = cluster.scoreboard.balancer(0)
    row.method = 3
    row.maxattempts = 0
    row.nofailover = True
    row.timeout = 2.5
    row.sticky_cookie = b"SID"
    row.sticky_path = b"sid"
    row.changed()
    cluster.request()
    balance = cluster.balance
    assert (balance.method.name, balance.maxattempts, balance.nofailover, balance.timeout) == (
        "bytraffic",
        0,
        True,
        2.5,
    )
    assert (balance.sticky_cookie, balance.sticky_path) == (b"SID", b"sid")


@pytest.mark.parametrize(("how", "expected"), [(RESTART_AT_ZERO, [0, 0]), (RESTART_AT_FACTOR, [300, 100])])
def test_the_account_begins_anew(how: int, expected: list[int]) -> None:
    cluster = Cluster(member(loadfactor=300), member())
    cluster.requests(2)
    cluster.scoreboard.balancer(0).restart(how)
    cluster.balance.read()
    assert cluster.owed == expected
    cluster.request()
    cluster.scoreboard.balancer(0).changed()
    before = cluster.owed
    cluster.balance.read()
    assert cluster.owed == before


def test_a_status_counts_at_once_without_a_word() -> None:
    cluster = Cluster(member(), member())
    cluster.scoreboard.member(0, 0).set_status(DISABLED, True)
    assert cluster.requests(2) == "2 2"


def test_who_is_passed_over_is_told_once() -> None:
    cluster = Cluster(member(), member(), balancing=Balancing(ejection=Ejection(errors=0.5)))
    assert cluster.balance.take_news() == []
    cluster.request()
    for slot in cluster.slots:
        for _ in range(20):
            tell(cluster.balance, slot, 0.0, slot is cluster.slots[1], cluster.now)
    cluster.now += 10.0
    cluster.request()
    assert cluster.balance.take_news() == [("c http://b1", "20 of 20 attempts failed", 30.0)]
    assert cluster.balance.take_news() == []
    assert Cluster(member()).balance.take_news() == []


def test_who_comes_just_after_the_start_waits_for_a_service_that_has_named_nobody() -> None:
    plan = plan_of(
        "Listen 8000\n<Proxy balancer://c>\nEvenflowMembersFrom srv://_http._tcp.wiki.example\n</Proxy>\n"
        "<Proxy balancer://d>\n</Proxy>\nProxyPass /c balancer://c/\nProxyPass / balancer://d/\n"
    )
    board = Scoreboard(plan.members, plan.balancers, 1)
    board.child(0).begin(1, 1, 1000.0)
    balances = {one.balancer.name: one for one in [Balance(balancer, board, 0) for balancer in plan.balancers]}
    follows, nobody = balances[b"c"], balances[b"d"]
    assert choose(follows, b"", 1001.0) is None and choose(nobody, b"", 1001.0) is None
    assert (follows.reason, follows.patience(1001.0)) == (NoMember.UNNAMED, 1000.0 + FIRST_ANSWER)
    assert (nobody.reason, nobody.patience(1001.0)) == (NoMember.EMPTY, 1001.0)
    # Not each of them for as long: nobody answers, and that is known by now.
    assert follows.patience(1100.0) == 1100.0
    row = board.balancer(follows.balancer.index)
    row.timeout = 30.0
    row.changed()
    assert choose(follows, b"", 1001.0) is None
    assert follows.patience(1001.0) == 1031.0
    # Somebody is there: whether he can be asked is another question.
    row.timeout = 0.0
    slot = board.member(follows.balancer.spares[0].slot, 0)
    slot.url, slot.status = b"http://n1.example:8090", 0
    row.changed()
    assert choose(follows, b"", 1002.0) is not None
    slot.set_status(DISABLED, True)
    row.changed()
    assert choose(follows, b"", 1002.0) is None
    assert (follows.reason, follows.patience(1002.0)) == (NoMember.UNUSABLE, 1002.0)
