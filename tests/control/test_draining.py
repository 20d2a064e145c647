"""What is kept of members that drain."""

from __future__ import annotations

from evenflow.control import draining
from evenflow.slotmem.layout import DRAINING
from tests.slotmem.test_sessions import see, sticky


def test_samples_are_kept_while_it_drains() -> None:
    cluster = sticky(idle=30.0)
    board = cluster.scoreboard
    drains = draining.Drains()
    everybody = [b"session %d" % number for number in range(64)]
    see(cluster, 0, 0, 100.0, *everybody)
    drains.look(board, 100.0)
    assert not drains.going_on
    board.member(0, 0).set_status(DRAINING, True)
    drains.look(board, 101.0)
    assert drains.going_on
    see(cluster, 0, 0, 120.0, *everybody[:16])
    assert board.sessions[0].left(135.0).expected is not None
    # Taken back, and drained again: what was before does not count.
    board.member(0, 0).set_status(DRAINING, False)
    drains.look(board, 135.0)
    assert not drains.going_on and board.sessions[0].left(135.0).expected is None


def test_a_drain_begins_with_a_sample() -> None:
    cluster = sticky(idle=1e6)
    table = cluster.scoreboard.sessions[0]
    draining.begin(cluster.scoreboard, 0)
    assert table.left(0.0).expected == 0.0
    see(cluster, 0, 0, 5.0, b"a")
    assert draining.told(table.left(6.0))["sessions"] == 1


def test_where_sessions_are_not_counted() -> None:
    draining.begin(sticky(idle=0.0).scoreboard, 0)
    assert set(draining.told(None).values()) == {None}
