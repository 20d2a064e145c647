"""A member's cells: shared by all children, but for what each of them counts."""

from __future__ import annotations

import os
from typing import Final

from evenflow.balancer.choose import choose, release
from evenflow.balancer.outcomes import tell
from evenflow.slotmem.layout import BUSY, DISABLED, DRAINING, ELECTED, RECEIVED, SENT, STANDBY, WAITED
from tests.balancer.cluster import Cluster, member

FORKS: Final = 4
TURNS: Final = 500


def test_what_the_configuration_says() -> None:
    slot = Cluster(member(status=b"DH", loadfactor=150, lbset=3, route=b"n1", redirect=b"n2", retry=7.0)).slots[0]
    assert (slot.status, slot.factor, slot.lbset, slot.route, slot.redirect) == (
        DISABLED | STANDBY,
        150,
        3,
        b"n1",
        b"n2",
    )
    assert (slot.owed, slot.busy, slot.elected, slot.sent, slot.received, slot.retries) == (0, 0, 0, 0, 0, 0)
    assert slot.member.name == b"http://b1" and slot.retry == 7.0
    assert not slot.usable()


def test_the_manager_changes_a_member_for_everybody() -> None:
    cluster = Cluster(member(), children=2)
    one, other = (balance.slots[0] for balance in cluster.balances)
    one.set_status(DRAINING, True)
    one.set_status(DISABLED, True)
    one.set_status(DISABLED, False)
    one.factor = 250
    one.lbset = 2
    one.name_route(b"r" * 70)
    one.name_redirect(b"elsewhere")
    assert (other.status, other.factor, other.lbset) == (DRAINING, 250, 2)
    assert one.route == b"r" * 63
    assert other.route == b""
    other.read_texts()
    assert (other.route, other.redirect) == (b"r" * 63, b"elsewhere")
    assert other.usable()
    one.status = 0
    one.error_since = 12.5
    assert not other.usable() and other.error_since == 12.5


def test_counters_are_each_childs_own_and_add_up() -> None:
    cluster = Cluster(member(), member(), children=3)
    for child, balance in enumerate(cluster.balances):
        release(balance.slots[1], child, 10 * child)
        choose(balance, b"", 1.0)
    assert [balance.slots[1].sent for balance in cluster.balances] == [0, 1, 2]
    last = cluster.balances[2].slots
    assert (last[1].total(SENT), last[1].total(RECEIVED), last[0].total(SENT)) == (3, 30, 0)
    assert last[0].total(BUSY) + last[1].total(BUSY) == 3


def test_processes_that_count_at_once_lose_nothing() -> None:
    """No lock anywhere: every cell has one writer."""
    cluster = Cluster(member(), member(), children=FORKS)
    pids = []
    for child in range(FORKS):
        pid = os.fork()
        if pid == 0:
            for _ in range(TURNS):
                slot = choose(cluster.balances[child], b"", 1.0)
                if slot is None:
                    os._exit(1)
                release(slot, 3, 5)
            choose(cluster.balances[child], b"", 1.0)
            os._exit(0)
        pids.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * FORKS
    slots = cluster.slots
    assert sum(slot.total(ELECTED) for slot in slots) == FORKS * (TURNS + 1)
    assert sum(slot.total(SENT) for slot in slots) == FORKS * TURNS * 3
    assert sum(slot.total(RECEIVED) for slot in slots) == FORKS * TURNS * 5
    assert [slot.total(BUSY) for slot in slots] == [FORKS // 2, FORKS // 2]
    assert [balance.slots[0].elected + balance.slots[1].elected for balance in cluster.balances] == [TURNS + 1] * FORKS


def test_what_a_child_watches_is_its_own_and_can_be_added_up() -> None:
    cluster = Cluster(member(), lbmethod="peakewma", children=2)
    one, other = (balance.slots[0] for balance in cluster.balances)
    for balance, seconds in zip(cluster.balances, (0.5, 1.0), strict=True):
        tell(balance, balance.slots[0], seconds, True, 7.0)
    assert (one.latency, other.latency) == (0.5, 1.0)
    assert one.total_time(WAITED) == other.total_time(WAITED) == 1.5
    assert (one.ejected_until, one.recovered) == (0.0, 0.0)
    one.recovered = 3.0
    assert other.recovered == 3.0 and other.error_since == 0.0
