"""A balancer's row: what the manager says, and that something was said."""

from __future__ import annotations

from evenflow.slotmem.layout import CHANGES, RESTART_AT_FACTOR, RESTART_AT_ZERO
from tests.balancer.cluster import Cluster, member


def test_what_the_configuration_says() -> None:
    row = Cluster(
        member(), member(), member(), sticky_cookie=b"A", sticky_path=b"b", nofailover=True, timeout=1.5
    ).scoreboard.balancer(0)
    assert (row.sticky_cookie, row.sticky_path, row.nofailover, row.timeout, row.maxattempts) == (
        b"A",
        b"b",
        True,
        1.5,
        2,
    )
    assert (row.method, row.cells[CHANGES], row.restarts) == (0, 0, 0)


def test_changes_are_counted() -> None:
    board = Cluster(member()).scoreboard
    row = board.balancer(0)
    row.changed()
    assert board.balancer(0).cells[CHANGES] == 1
    row.restart(RESTART_AT_FACTOR)
    assert (row.cells[CHANGES], row.restarts % 2) == (2, RESTART_AT_FACTOR)
    before = row.restarts
    row.restart(RESTART_AT_ZERO)
    assert row.restarts > before and row.restarts % 2 == RESTART_AT_ZERO
    row.restart(RESTART_AT_ZERO)
    assert row.restarts > before + 1


def test_every_balancer_of_every_scoreboard_has_a_nonce_of_its_own() -> None:
    boards = [Cluster(member()).scoreboard for _ in range(2)]
    nonces = {board.balancer(0).nonce for board in boards}
    assert len(nonces) == 2
    assert all(len(nonce) == 16 for nonce in nonces)
    assert boards[0].balancer(0).nonce in nonces
