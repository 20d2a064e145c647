"""Who may be chosen: spares, standbys, sets, draining; and never somebody who is unusable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evenflow.balancer.candidates import find_candidates
from evenflow.slotmem.layout import LONG_AGO
from tests.balancer.cluster import Cluster, member


def numbers(cluster: Cluster) -> list[int]:
    return [cluster.slots.index(slot) + 1 for slot in find_candidates(cluster.balance, cluster.now)]


def test_a_standby_goes_before_the_next_set() -> None:
    assert Cluster(member(), member(status=b"H"), member(lbset=1), dead=(1,)).requests(4) == "2 2 2 2"


def test_one_spare_for_each_unusable_member() -> None:
    cluster = Cluster(member(), member(status=b"D"), member(status=b"R"))
    assert [(cluster.request(), cluster.owed) for _ in range(2)] == [("1", [-100, 0, 100]), ("3", [0, 0, 0])]
    assert cluster.requests(4) == "1 3 1 3"
    assert Cluster(member(), member(), member(status=b"R")).requests(4) == "1 2 1 2"
    assert numbers(Cluster(member(status=b"D"), member(), *[member(status=b"R")] * 2)) == [2, 3]
    assert numbers(Cluster(member(status=b"DS"), member(status=b"S"), *[member(status=b"R")] * 3)) == [3, 4]


def test_a_draining_member_is_replaced_by_a_spare_too() -> None:
    assert Cluster(member(status=b"N"), member(), member(status=b"R")).requests(4) == "2 3 2 3"


def test_draining_reserves_stay_out() -> None:
    assert numbers(Cluster(member(status=b"D"), member(status=b"RN"), member(status=b"R"))) == [3]
    assert numbers(Cluster(member(status=b"D"), member(status=b"HN"), member(status=b"H"))) == [3]


def test_an_unusable_spare_or_standby_is_passed_over() -> None:
    assert numbers(Cluster(member(status=b"D"), member(status=b"RD"), member(status=b"R"))) == [3]
    assert numbers(Cluster(member(status=b"D"), member(status=b"HS"), member(status=b"H"))) == [3]
    assert numbers(Cluster(member(status=b"D"), member(status=b"RD"), member(lbset=1))) == [3]


def test_other_sets_are_not_touched() -> None:
    cluster = Cluster(member(), member(), member(lbset=1))
    assert [(cluster.request(), cluster.owed) for _ in range(2)] == [("1", [-100, 100, 0]), ("2", [0, 0, 0])]


def test_sets_need_not_be_neighbours() -> None:
    assert Cluster(member(lbset=7), member(lbset=40)).requests(2) == "1 1"
    assert Cluster(member(lbset=7, status=b"D"), member(lbset=40)).requests(2) == "2 2"


def test_a_failed_health_check_keeps_out() -> None:
    assert Cluster(member(status=b"C"), member()).requests(3) == "2 2 2"


def test_two_standbys_share() -> None:
    cluster = Cluster(member(), member(status=b"H"), member(status=b"H"), dead=(1,))
    assert [(cluster.request(), cluster.owed) for _ in range(2)] == [("2", [0, -100, 100]), ("3", [0, 0, 0])]


def test_the_trace_names_every_member() -> None:
    cluster = Cluster(
        member(), member(status=b"D"), member(status=b"N"), member(status=b"H"), member(lbset=1), member(), dead=(6,)
    )
    cluster.requests(2)
    trace: list[str] = []
    cluster.balance.trace = trace
    cluster.request()
    assert [line.partition(": ")[2].partition(",")[0] for line in trace] == [
        "may take it",
        "disabled",
        "draining",
        "waits as a standby",
        "in set 1",
        "in error",
        "http://b1",
    ]


statuses = st.text(alphabet="DSIHRNCE", max_size=3)


@given(st.lists(st.tuples(statuses, st.integers(0, 3), st.booleans()), max_size=6), st.integers(1, 8))
def test_nobody_is_chosen_who_may_not_be(members: list[tuple[str, int, bool]], turns: int) -> None:
    cluster = Cluster(
        *(member(status=status.encode(), lbset=lbset) for status, lbset, _ in members),
        dead=tuple(number for number, (_, _, dead) in enumerate(members, 1) if dead),
        forcerecovery=False,
    )
    for _ in range(turns):
        found = numbers(cluster)
        assert len(set(found)) == len(found)
        assert len({cluster.slots[number - 1].lbset for number in found}) <= 1
        for number in found:
            status = members[number - 1][0]
            assert not set(status) & set("DSCN")
            assert cluster.slots[number - 1].usable()
        answer = cluster.request()
        # Another attempt may find another set; what it finds is usable and alive.
        assert answer == "503" or not (set(members[int(answer) - 1][0]) & set("DSCN") or members[int(answer) - 1][2])


def test_configured_in_error_means_long_ago() -> None:
    cluster = Cluster(member(status=b"E"), member(), forcerecovery=False)
    assert cluster.slots[0].error_since == LONG_AGO
    assert cluster.requests(4) == "1 2 1 2"
