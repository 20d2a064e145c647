"""A child's row: filled by the child, read by others, vacated when it is gone."""

from __future__ import annotations

from evenflow.slotmem.children import ChildState
from evenflow.slotmem.scoreboard import Scoreboard


def test_a_life() -> None:
    board = Scoreboard((), (), 2)
    row = board.child(1)
    assert (row.pid, row.state, row.index) == (0, ChildState.VACANT, 1)
    row.begin(4711, 3, 100.0)
    assert (row.pid, row.generation, row.state, row.started, row.last_beat) == (
        4711,
        3,
        ChildState.STARTING,
        100.0,
        100.0,
    )
    row.state = ChildState.SERVING
    row.requests += 3
    row.in_flight = 2
    row.body_bytes = 1 << 40
    row.connections += 5
    row.tunnels += 1
    row.beat(107.5)
    seen = board.child(1)
    assert (seen.state, seen.requests, seen.connections, seen.tunnels, seen.last_beat) == (
        ChildState.SERVING,
        3,
        5,
        1,
        107.5,
    )
    assert (seen.in_flight, seen.body_bytes) == (2, 1 << 40)
    assert board.child(0).pid == 0


def test_a_successor_begins_with_nothing_counted() -> None:
    row = Scoreboard((), (), 1).child(0)
    row.begin(1, 1, 1.0)
    row.requests = 9
    row.begin(2, 1, 5.0)
    assert (row.pid, row.requests, row.started) == (2, 0, 5.0)
    row.clear()
    assert (row.pid, row.state, row.started) == (0, ChildState.VACANT, 0.0)
