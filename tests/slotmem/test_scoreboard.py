"""The scoreboard: every row where its index says, and a dead child's leavings."""

from __future__ import annotations

import pytest

from evenflow.balancer.choose import choose
from evenflow.slotmem.layout import BUSY, ELECTED, LONG_AGO
from evenflow.slotmem.scoreboard import Scoreboard
from tests.balancer.cluster import Cluster, member


def test_rows_out_of_range_are_refused() -> None:
    board = Cluster(member(), member(), children=2).scoreboard
    assert board.children == 2
    for wrong in (
        lambda: board.child(2),
        lambda: board.member(2, 0),
        lambda: board.member(0, 2),
        lambda: board.balancer(1),
    ):
        with pytest.raises(IndexError):
            wrong()
    with pytest.raises(IndexError):
        board.member(-1, 0)


def test_a_scoreboard_without_members_has_children_still() -> None:
    assert Scoreboard((), (), 3).child(2).pid == 0


def test_a_buried_child_has_nothing_in_flight_and_keeps_its_counts() -> None:
    cluster = Cluster(member(), member(), children=2)
    for balance in cluster.balances:
        choose(balance, b"", 1.0)
        choose(balance, b"", 1.0)
    cluster.scoreboard.child(1).begin(99, 1, 1.0)
    assert [slot.total(BUSY) for slot in cluster.slots] == [2, 2]
    cluster.scoreboard.bury(1)
    assert [slot.total(BUSY) for slot in cluster.slots] == [1, 1]
    assert [slot.total(ELECTED) for slot in cluster.slots] == [2, 2]
    assert cluster.scoreboard.child(1).pid == 0


def test_a_member_in_error_from_the_file_is_in_error_and_its_time_is_over() -> None:
    cluster = Cluster(member(status=b"E"), member())
    assert [slot.error_since for slot in cluster.slots] == [LONG_AGO, 0.0]
    assert cluster.requests(3) == "1 2 1"
    assert cluster.slots[0].error_since == 0.0
