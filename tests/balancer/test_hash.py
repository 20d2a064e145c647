"""hash: keys stay where they are, members get their share of them, and nobody gets more than the bound."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from evenflow.balancer.choose import choose, release
from evenflow.balancer.hash import lot
from evenflow.plan.balancing import Balancing, HashBy
from evenflow.slotmem.layout import BUSY, DISABLED
from tests.balancer.cluster import Cluster, member

factors = st.lists(st.integers(1, 10), min_size=1, max_size=6)


def hashing(*shares: int, load: float = 0.0, **parameters: Any) -> Cluster:
    members = (member(loadfactor=share * 100) for share in shares)
    return Cluster(*members, lbmethod="hash", balancing=Balancing(HashBy("client", b"", load)), **parameters)


def ask(cluster: Cluster, key: bytes, child: int = 0) -> str:
    cluster.balances[child].turn.key = key
    return cluster.request(child=child)


def keys(number: int) -> list[bytes]:
    return [b"10.0.%d.%d" % divmod(one, 256) for one in range(number)]


@given(factors, st.binary(min_size=1), st.integers(1, 4))
def test_a_key_stays_with_its_member_in_every_child(shares: list[int], key: bytes, children: int) -> None:
    cluster = hashing(*shares, children=children)
    assert len({ask(cluster, key, child) for child in range(children) for _ in range(3)}) == 1


def test_its_place_in_the_file_does_not_matter() -> None:
    cluster = hashing(1, 2, 3)
    turned = hashing(1, 2, 3)
    turned.balance.slots.reverse()
    for key in keys(50):
        cluster.balance.turn.key = turned.balance.turn.key = key
        one, other = choose(cluster.balance, b"", 1.0), choose(turned.balance, b"", 1.0)
        assert one is not None and other is not None and one.member.name == other.member.name


def test_keys_are_shared_by_load_factor() -> None:
    """With 4000 keys no member is further from its share than 4 standard deviations of a fair draw."""
    for shares in ((1, 1), (1, 1, 1, 1), (3, 1), (1, 2, 5), (10, 1, 1, 1, 1)):
        cluster = hashing(*shares)
        served = [ask(cluster, key) for key in keys(4000)]
        for place, share in enumerate(shares):
            odds = share / sum(shares)
            assert abs(served.count(str(place + 1)) - 4000 * odds) <= 4 * (4000 * odds * (1 - odds)) ** 0.5


@given(st.lists(st.integers(1, 10), min_size=2, max_size=6), st.data())
def test_when_a_member_goes_only_its_keys_move(shares: list[int], data: Any) -> None:
    cluster = hashing(*shares)
    before = {key: ask(cluster, key) for key in keys(60)}
    gone = data.draw(st.integers(0, len(shares) - 1))
    cluster.slots[gone].set_status(DISABLED, True)
    for key, number in before.items():
        now = ask(cluster, key)
        assert now != str(gone + 1) and (now == number or number == str(gone + 1))
    cluster.slots[gone].set_status(DISABLED, False)
    assert {key: ask(cluster, key) for key in before} == before


@given(
    factors,
    st.floats(1.0, 3.0),
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 20)), max_size=80),
)
def test_nobody_has_more_than_the_bound(
    shares: list[int], load: float, children: int, story: list[tuple[int, bool, int]]
) -> None:
    """Whatever the keys: no more than `load` times its share of all that is in flight, rounded up to whole requests."""
    cluster = hashing(*shares, load=load, children=children)
    held = []
    for child, comes, which in story:
        if not comes and held:
            release(held.pop(which % len(held)), 1, 1)
            continue
        balance = cluster.balances[child % children]
        balance.turn.key = b"%d" % (which % 3)
        chosen = choose(balance, b"", 1.0)
        assert chosen is not None
        held.append(chosen)
        mine = chosen.total(BUSY)
        share = shares[balance.slots.index(chosen)] / sum(shares)
        assert mine - 1 < load * len(held) * share + 1e-9


def test_without_a_bound_one_key_stays_wherever() -> None:
    cluster = hashing(1, 1, 1)
    cluster.balance.turn.key = b"k"
    assert len({choose(cluster.balance, b"", 1.0) for _ in range(50)}) == 1


def test_over_its_bound_it_goes_to_the_same_next_one() -> None:
    cluster = hashing(1, 1, 1, load=1.0)
    cluster.balance.turn.key = b"k"
    first = [choose(cluster.balance, b"", 1.0) for _ in range(3)]
    assert len(set(first)) == 3
    for slot in first:
        assert slot is not None
        release(slot, 0, 0)
    assert [choose(cluster.balance, b"", 1.0) for _ in range(3)] == first


def test_without_a_key_they_take_turns() -> None:
    cluster = hashing(2, 1)
    assert [ask(cluster, b"") for _ in range(6)] == ["1", "2", "1", "1", "2", "1"]


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_lot_is_a_positive_number(key: int, seed: int) -> None:
    assume(key != seed)
    assert 0.0 < lot(key, seed) < 40.0


def test_the_key_is_told_to_the_trace() -> None:
    cluster = hashing(1, 1)
    trace: list[str] = []
    cluster.balance.trace = trace
    ask(cluster, b"jane")
    assert trace[0] == "the request's key is 'jane'"
