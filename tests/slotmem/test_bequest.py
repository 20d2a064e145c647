"""Another program finds a scoreboard again: the same memory, the same tokens, and what was counted before."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from evenflow.slotmem import bequest
from evenflow.slotmem.adoption import Ancestry, adopt, member_keys
from evenflow.slotmem.layout import BUSY, DISABLED, DRAINING, ELECTED, REQUESTS
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.tokens import Tokens
from tests.balancer.cluster import Cluster, member


def handed(told: dict[str, Any]) -> dict[str, Any]:
    """As the other program reads it: by way of JSON."""
    found: dict[str, Any] = json.loads(json.dumps(told))
    return found


def test_both_see_one_memory() -> None:
    old = Cluster(member(route=b"n\xff1"), member(status=b"H"), children=2)
    old.slots[0].set_status(DRAINING, True)
    board = bequest.take_up(handed(bequest.describe(old.scoreboard)), {})
    assert member_keys(board) == member_keys(old.scoreboard)
    assert board.member(0, 0).status == DRAINING
    old.slots[0].set_status(DISABLED, True)
    board.member(1, 0).error_since = 3.0
    board.child(1).requests = 5
    assert board.member(0, 0).status == DRAINING | DISABLED
    assert old.slots[1].error_since == 3.0
    assert old.scoreboard.child(1).requests == 5


def test_it_is_adopted_like_any_other() -> None:
    old = Cluster(member(route=b"n1"), member())
    old.slots[0].set_status(DISABLED, True)
    old.slots[1].factor = 700
    new = Cluster(member(route=b"n1"), member(loadfactor=300))
    adopt(new.scoreboard, bequest.take_up(handed(bequest.describe(old.scoreboard)), {}))
    assert new.slots[0].status == DISABLED
    # What the configuration said before is known too: another loadfactor of the line counts.
    assert new.slots[1].factor == 300


def test_generations_have_tokens_in_common() -> None:
    old, younger = Cluster(member()), Cluster(member())
    tokens = Tokens(2)
    tokens.begin(4)
    old.scoreboard.tokens[0] = younger.scoreboard.tokens[0] = tokens
    assert tokens.take(3)
    told = [bequest.describe(one.scoreboard) for one in (old, younger)]
    shared: dict[int, Tokens] = {}
    boards = [bequest.take_up(handed(one), shared) for one in told]
    assert boards[0].tokens[0] is boards[1].tokens[0]
    found = boards[0].tokens[0]
    assert (found.limit, found.held(), found.free()) == (2, 1, 1)
    assert found.take(4) and not tokens.take(3)
    found.bury(3)
    assert tokens.take(3)


def test_memory_of_another_size_is_not_touched() -> None:
    old = Cluster(member())
    told = handed(bequest.describe(old.scoreboard))
    told["rows"]["address"][2] += 1
    with pytest.raises(bequest.Strange, match="cells, and not"):
        bequest.take_up(told, {})
    told["memory"] = 1 << 20
    with pytest.raises(bequest.Strange, match="not handed on"):
        bequest.take_up(told, {})


def test_hosts_are_known_by_their_names() -> None:
    host = SimpleNamespace(index=0, server_name=b"wiki.ex\xe4mple")
    old = Scoreboard((), (), 1, (host,))
    board = bequest.take_up(handed(bequest.describe(old)), {})
    assert [one.server_name for one in board.hosts] == [b"wiki.ex\xe4mple"]
    assert board.layout.measured == 1


def test_what_the_gone_had_counted_is_counted_on() -> None:
    old, serving = Cluster(member()), Cluster(member())
    old.scoreboard.region.ints[old.scoreboard.layout.own(0, 0) + ELECTED] = 4
    old.scoreboard.child(0).counts[REQUESTS] = 9
    ancestry = Ancestry()
    ancestry.retire(old.scoreboard)
    ancestry.end(old.scoreboard)
    retired = Cluster(member())
    retired.scoreboard.region.ints[retired.scoreboard.layout.own(0, 0) + BUSY] = 2
    told = json.loads(json.dumps(bequest.describe_ancestry(ancestry)))
    bequest.take_up_ancestry(told, [retired.scoreboard]).write(serving.scoreboard)
    slot = serving.scoreboard.member(0, 0)
    assert (slot.total(ELECTED), slot.total(BUSY)) == (4, 2)
    assert serving.scoreboard.past().requests == 9


def test_what_cannot_be_translated_is_an_obstacle() -> None:
    old = Cluster(member())
    boards = [bequest.describe(old.scoreboard)]
    assert bequest.obstacle(handed(bequest.table()), boards) == ""
    assert "tokens" in bequest.obstacle({**bequest.table(), "tokens": []}, boards)
    assert "states" in bequest.obstacle({**bequest.table(), "bits": []}, boards)
    del boards[0]["members"][0]["retry"]
    assert bequest.obstacle(bequest.table(), boards) == "nothing is told of `retry`"
    boards[0]["cells"]["member"]["ROUTE"] = [8, 9]
    assert bequest.obstacle(bequest.table(), boards) == "`ROUTE` is something else there"
