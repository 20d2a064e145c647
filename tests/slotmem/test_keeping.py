"""What was changed becomes a text and is known again; what is no such text is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evenflow.slotmem.adoption import adopt
from evenflow.slotmem.keeping import keep, recall
from evenflow.slotmem.layout import DISABLED
from tests.balancer.cluster import Cluster, member


def lasting(*members: dict[str, Any], **parameters: Any) -> Cluster:
    """A cluster whose balancer wants to be kept, its members knowing it."""
    cluster = Cluster(*members, persist=True, **parameters)
    for one in cluster.scoreboard.members:
        one.balancer = cluster.scoreboard.balancers[0]
    return cluster


def test_changes_outlive_it() -> None:
    old = lasting(member(route=b"n\xff1"), member(), sticky_cookie=b"A")
    old.slots[0].set_status(DISABLED, True)
    old.slots[1].factor = 700
    old.slots[1].name_redirect(b"other")
    row = old.scoreboard.balancer(0)
    row.maxattempts, row.sticky_cookie = 7, b"B"
    new = lasting(member(route=b"n\xff1"), member(), sticky_cookie=b"A")
    adopt(new.scoreboard, recall(keep(old.scoreboard)))
    for slot in new.slots:
        slot.read_texts()
    assert [slot.status for slot in new.slots] == [DISABLED, 0]
    assert [slot.route for slot in new.slots] == [b"n\xff1", b""]
    assert (new.slots[1].factor, new.slots[1].redirect) == (700, b"other")
    young = new.scoreboard.balancer(0)
    assert (young.maxattempts, young.sticky_cookie, young.nonce) == (7, b"B", row.nonce)


def test_the_file_counts_where_it_says_something_else_now() -> None:
    old = lasting(member(loadfactor=100))
    old.slots[0].factor = 700
    new = lasting(member(loadfactor=300))
    adopt(new.scoreboard, recall(keep(old.scoreboard)))
    assert new.slots[0].factor == 300


def test_an_added_member_is_kept_while_growth_allows() -> None:
    rows = {"name": b"", "status": b"D"}
    old = lasting(member(), member(**rows), member(**rows))
    old.slots[2].url = b"http://new"
    old.slots[2].set_status(DISABLED, False)
    old.slots[2].name_route(b"n3")
    text = keep(old.scoreboard)
    assert len(json.loads(text)["members"]) == 2
    new = lasting(member(), member(**rows))
    adopt(new.scoreboard, recall(text))
    new.slots[1].read_texts()
    assert (new.slots[1].url, new.slots[1].status, new.slots[1].route) == (b"http://new", 0, b"n3")
    # Where the file names it, the line is it; where there is no room, it is forgotten.
    named = lasting(member(), member(name=b"http://new"), member(**rows))
    adopt(named.scoreboard, recall(text))
    assert [slot.url for slot in named.slots] == [b"", b"", b""]
    adopt(lasting(member()).scoreboard, recall(text))


def test_only_balancers_that_want_it_are_kept() -> None:
    assert json.loads(keep(Cluster(member()).scoreboard))["members"] == []


@pytest.mark.parametrize("text", [
    "", "{}", "[]", "5", '{"version": 2}', '{"version": 1, "balancers": 1, "members": []}',
    '{"version": 1, "balancers": [], "members": [{"balancer": 3, "said": {}, "is": {}}]}',
    '{"version": 1, "balancers": [{"said": {"name": "x"}, "is": {}}], "members": []}',
])  # fmt: skip
def test_what_is_no_such_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        recall(text)


def test_a_text_that_was_tampered_with_is_a_value_error() -> None:
    told = json.loads(keep(lasting(member()).scoreboard))
    told["members"][0]["is"]["factor"] = 1 << 80
    with pytest.raises(ValueError):
        recall(json.dumps(told))
    told["members"][0]["is"]["factor"] = "much"
    with pytest.raises(ValueError):
        recall(json.dumps(told))
