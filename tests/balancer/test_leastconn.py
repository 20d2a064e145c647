"""leastconn: in flight for the load factor, over all children, and byrequests between equals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evenflow.balancer.choose import choose, release
from evenflow.slotmem.layout import BUSY
from evenflow.slotmem.members import MemberSlot
from tests.balancer.cluster import Cluster, member

factors = st.lists(st.integers(1, 20), min_size=1, max_size=5)
# (which child is asked, whether a request comes or one ends, which of those that are held)
stories = st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 50)), max_size=60)


def test_an_idle_system_follows_the_load_factors() -> None:
    cluster = Cluster(member(loadfactor=300), member(loadfactor=100), member(loadfactor=200), lbmethod="leastconn")
    assert cluster.requests(6) == "1 3 1 2 3 1"


def test_a_factor_of_two_holds_twice_as_many() -> None:
    cluster = Cluster(member(loadfactor=200), member(), lbmethod="leastconn")
    held = [choose(cluster.balance, b"", 1.0) for _ in range(9)]
    assert [held.count(slot) for slot in cluster.slots] == [6, 3]


def test_a_tunnel_counts_until_its_end() -> None:
    cluster = Cluster(member(), member(), lbmethod="leastconn")
    tunnel = choose(cluster.balance, b"", 1.0)
    assert tunnel is cluster.slots[0]
    assert cluster.requests(4) == "2 2 2 2"
    release(tunnel, 0, 0)
    # Nobody is owed for what was not equal: they take turns at once.
    assert cluster.requests(4) == "2 1 2 1"


@given(factors, st.integers(1, 4), stories)
def test_nobody_else_had_less(shares: list[int], children: int, story: list[tuple[int, bool, int]]) -> None:
    """Whichever child asks, and whatever the others hold: at each choice nobody has less in flight for its factor."""
    cluster = Cluster(*(member(loadfactor=share * 100) for share in shares), lbmethod="leastconn", children=children)
    held: list[MemberSlot] = []
    for child, comes, which in story:
        if not comes and held:
            release(held.pop(which % len(held)), 1, 1)
            continue
        before = [slot.total(BUSY) for slot in cluster.slots]
        balance = cluster.balances[child % children]
        chosen = choose(balance, b"", 1.0)
        assert chosen is not None
        held.append(chosen)
        place = balance.slots.index(chosen)
        assert all(before[place] * share <= busy * shares[place] for busy, share in zip(before, shares, strict=True))


@given(factors, st.integers(1, 4), st.integers(0, 200), st.randoms(use_true_random=False))
def test_what_is_held_is_shared_by_factor(shares: list[int], children: int, held: int, dice: object) -> None:
    """Requests that do not end: no member is more than one request ahead of its share of another's."""
    cluster = Cluster(*(member(loadfactor=share * 100) for share in shares), lbmethod="leastconn", children=children)
    for _ in range(held):
        choose(cluster.balances[dice.randrange(children)], b"", 1.0)  # type: ignore[attr-defined]
    busy = [slot.total(BUSY) for slot in cluster.slots]
    assert sum(busy) == held
    for mine, share in zip(busy, shares, strict=True):
        assert all((mine - 1) * other <= theirs * share for theirs, other in zip(busy, shares, strict=True))
