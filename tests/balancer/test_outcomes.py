"""How attempts went, as it stands in the child's own row."""

from __future__ import annotations

from evenflow.balancer.outcomes import tell
from evenflow.slotmem.layout import FAULTS, OUTCOMES, WAITED
from tests.balancer.cluster import Cluster, member


def test_what_is_written_down() -> None:
    cluster = Cluster(member(), children=2)
    for child, seconds, good in ((0, 0.5, True), (0, 1.5, False), (1, 2.0, True)):
        balance = cluster.balances[child]
        tell(balance, balance.slots[0], seconds, good, 100.0)
    slot = cluster.slots[0]
    assert (slot.total(OUTCOMES), slot.total(FAULTS), slot.total_time(WAITED)) == (3, 1, 4.0)
    assert slot.latency == 0.0


def test_a_method_that_learns_is_told_how_long_it_took() -> None:
    balance = Cluster(member(), lbmethod="peakewma").balance
    assert balance.watches and not Cluster(member()).balance.watches
    tell(balance, balance.slots[0], 0.25, True, 100.0)
    assert balance.slots[0].latency == 0.25


def test_time_that_was_the_clients_says_nothing() -> None:
    balance = Cluster(member(), lbmethod="peakewma").balance
    tell(balance, balance.slots[0], -1.0, True, 100.0)
    slot = balance.slots[0]
    assert (slot.total(OUTCOMES), slot.total_time(WAITED), slot.latency) == (1, 0.0, 0.0)
