"""A younger scoreboard knows what the one before it knew, and both are counted together."""

from __future__ import annotations

from evenflow.balancer.choose import choose, release
from evenflow.slotmem.adoption import Ancestry, adopt, balancer_keys, member_keys
from evenflow.slotmem.layout import BUSY, DISABLED, ELECTED, NAMED, SENT, STANDBY
from tests.balancer.cluster import Cluster, member


def test_what_was_changed_stays_unless_the_file_changed_it() -> None:
    old = Cluster(member(), member(route=b"n2"), member(status=b"H"))
    old.slots[0].set_status(DISABLED, True)
    old.slots[1].factor = 700
    old.slots[1].name_route(b"other")
    old.slots[2].set_status(STANDBY, False)
    old.slots[2].error_since = 3.0
    old.slots[2].recovered = 2.0
    new = Cluster(member(loadfactor=200), member(route=b"n3"), member(status=b"H"), children=2)
    adopt(new.scoreboard, old.scoreboard)
    for slot in new.slots:
        slot.read_texts()
    assert [slot.status for slot in new.slots] == [DISABLED, 0, 0]
    assert [slot.factor for slot in new.slots] == [200, 700, 100]
    # The file gives the second another route now.
    assert new.slots[1].route == b"n3"
    assert new.slots[2].error_since == 3.0
    assert new.slots[2].recovered == 2.0


def test_status_letters_are_settings_each() -> None:
    old = Cluster(member(status=b"H"))
    old.slots[0].set_status(DISABLED, True)
    new = Cluster(member(status=b""))
    adopt(new.scoreboard, old.scoreboard)
    # The file took H away; what the manager set beside it stays.
    assert new.slots[0].status == DISABLED


def test_a_balancers_settings_and_its_nonce_stay() -> None:
    old = Cluster(member(), member(), sticky_cookie=b"A", maxattempts=3)
    row = old.scoreboard.balancer(0)
    row.sticky_cookie, row.sticky_path, row.maxattempts, row.method = b"B", b"B", 7, 2
    new = Cluster(member(), member(), sticky_cookie=b"A", maxattempts=4)
    adopt(new.scoreboard, old.scoreboard)
    young = new.scoreboard.balancer(0)
    assert (young.sticky_cookie, young.maxattempts, young.method) == (b"B", 4, 2)
    assert young.nonce == row.nonce


def test_bookkeeping_goes_on() -> None:
    """Three members and one request before the change: the next is the second's."""
    old = Cluster(member(), member(), member())
    assert old.request() == "1"
    new = Cluster(member(), member(), member())
    adopt(new.scoreboard, old.scoreboard)
    assert [new.request() for _ in range(4)] == ["2", "3", "1", "2"]


def test_members_of_one_name_are_told_apart_by_their_place() -> None:
    board = Cluster(member(name=b"http://a"), member(name=b"http://b"), member(name=b"http://a")).scoreboard
    for one in board.members:
        one.balancer = board.balancers[0]  # type: ignore[misc]
    keys = member_keys(board)
    assert len(set(keys)) == 3
    assert keys == member_keys(board)
    assert len(balancer_keys(board)) == 1


def held(cluster: Cluster) -> list[int]:
    return [slot.total(BUSY) for slot in cluster.slots]


def test_what_the_retired_hold_and_counted_is_seen_by_the_serving() -> None:
    ancestry = Ancestry()
    old = Cluster(member(), member(), children=2)
    taken = choose(old.balances[1], b"", 1.0)
    assert taken is not None
    old.scoreboard.child(0).requests = 5
    old.scoreboard.child(1).tunnels = 1
    new = Cluster(member(), member(), children=2)
    adopt(new.scoreboard, old.scoreboard)
    ancestry.retire(old.scoreboard)
    ancestry.write(new.scoreboard)
    assert sum(held(new)) == 1
    assert sum(slot.total(ELECTED) for slot in new.slots) == 1
    assert (new.scoreboard.past().requests, new.scoreboard.past().tunnels) == (5, 1)
    choose(new.balances[0], b"", 1.0)
    assert sum(held(new)) == 2
    release(taken, 100, 50)
    old.scoreboard.child(1).tunnels = 0
    ancestry.write(new.scoreboard)
    assert sum(held(new)) == 1
    assert sum(slot.total(SENT) for slot in new.slots) == 100
    # A third generation, and the first is gone: its counts are not.
    old.scoreboard.bury(0)
    old.scoreboard.bury(1)
    ancestry.end(old.scoreboard)
    third = Cluster(member(), member())
    adopt(third.scoreboard, new.scoreboard)
    ancestry.retire(new.scoreboard)
    ancestry.write(third.scoreboard)
    assert sum(held(third)) == 1
    assert sum(slot.total(ELECTED) for slot in third.slots) == 2
    assert sum(slot.total(SENT) for slot in third.slots) == 100
    assert third.scoreboard.past().requests == 5


def test_children_that_died_are_counted_once() -> None:
    ancestry = Ancestry()
    old = Cluster(member(), children=2)
    old.scoreboard.child(0).requests = 7
    old.scoreboard.bury(0)
    old.scoreboard.child(0).requests = 2
    assert old.scoreboard.past().requests == 7
    new = Cluster(member(), children=1)
    new.scoreboard.child(0).requests = 1
    ancestry.retire(old.scoreboard)
    ancestry.write(new.scoreboard)
    assert new.scoreboard.past().requests == 9
    new.scoreboard.bury(0)
    ancestry.write(new.scoreboard)
    assert new.scoreboard.past().requests == 10
    ancestry.end(old.scoreboard)
    ancestry.write(new.scoreboard)
    assert new.scoreboard.past().requests == 10


def test_a_member_that_is_no_more_is_forgotten() -> None:
    ancestry = Ancestry()
    old = Cluster(member(), member())
    choose(old.balance, b"", 1.0)
    new = Cluster(member(name=b"http://other"))
    adopt(new.scoreboard, old.scoreboard)
    ancestry.retire(old.scoreboard)
    ancestry.write(new.scoreboard)
    assert held(new) == [0]


def test_targets_of_a_service_go_into_rows_that_are_kept_for_them() -> None:
    def house() -> Cluster:
        made = Cluster(member(), member(), member())
        for place in (1, 2):
            made.scoreboard.members[place].name = b""
        made.scoreboard.members[2].service = object()
        return made

    old, new = house(), house()
    # As the watchdog left them: a member that the manager added, and a target.
    old.scoreboard.member(1, 0).url = b"http://added"
    old.scoreboard.member(2, 0).url = b"http://target"
    old.scoreboard.address(2).left_at = NAMED
    adopt(new.scoreboard, old.scoreboard)
    assert [new.scoreboard.member(index, 0).url for index in range(3)] == [b"", b"http://added", b"http://target"]
    assert new.scoreboard.address(2).left_at == NAMED
    # Where no service is asked any more, its targets are not anybody else's members.
    without = house()
    without.scoreboard.members[2].service = None
    adopt(without.scoreboard, old.scoreboard)
    assert b"http://target" not in [without.scoreboard.member(index, 0).url for index in range(3)]


def test_a_row_of_a_service_is_known_by_its_url_and_not_by_what_it_was_called_before() -> None:
    old = Cluster(member(), member())
    # The watchdog has given the row to another target; this process has not looked since.
    old.scoreboard.member(1, 0).url = b"http://newer"
    keys = member_keys(old.scoreboard)
    assert keys[1] == ((keys[1][0][0], b"http://newer"), 0)  # type: ignore[index]
