"""What a choice is made with."""

from __future__ import annotations

from evenflow.balancer.choose import choose
from tests.balancer.cluster import Cluster, member


def test_it_says_when_the_choice_was_made() -> None:
    cluster = Cluster(member(), member())
    assert cluster.balance.turn.balancer is cluster.balance.balancer
    choose(cluster.balance, b"", 12.5)
    assert cluster.balance.turn.now == 12.5
