"""Buttons and forms: what they do, what they refuse, what they ask first, and the way back."""

from __future__ import annotations

import time

import pytest

from evenflow.control.console.deeds import Done, Doubtful, Refused
from evenflow.control.console.ledger import Change
from evenflow.slotmem.layout import BUSY, CHANGES, DISABLED, DRAINING, STOPPED
from evenflow.slotmem.sessions import provide
from tests.control.console.looked import Looked
from tests.slotmem.cells import own_cells

NODE = {"b": "b0", "nonce": "secret", "m": "m0", "w": "http://127.0.0.1:8090"}


def do(looked: Looked, **said: str) -> Done:
    return looked.deeds.do({**NODE, **said}, 0, "eve (192.0.2.7)")


def words(looked: Looked) -> list[str]:
    return [one.words for one in looked.ledger.all()]


def test_drain_and_enable() -> None:
    looked = Looked()
    slot = looked.scoreboard.member(0, 0)
    before = looked.scoreboard.balancer(0).cells[CHANGES]
    done = do(looked, act="drain")
    assert slot.status & DRAINING and slot.leave_by == 0.0
    assert looked.scoreboard.balancer(0).cells[CHANGES] > before
    assert [(one.who, one.how, one.words) for one in done.changes] == [("eve (192.0.2.7)", "page", "drains")]
    slot.error_since = 5.0
    do(looked, act="enable")
    assert not slot.status & DRAINING and slot.error_since == 0.0
    assert words(looked) == ["drains", "drains no more"]
    assert do(looked, act="enable").changes == []


def test_a_deadline_ends_in_disabled() -> None:
    looked = Looked()
    slot = looked.scoreboard.member(0, 0)
    do(looked, act="drain", minutes="2")
    assert 100 < slot.leave_by - time.monotonic() <= 120
    looked.deeds.end_drains(slot.leave_by - 1.0)
    assert not slot.status & DISABLED
    looked.deeds.end_drains(slot.leave_by)
    assert slot.status & DISABLED
    do(looked, act="enable")
    assert slot.leave_by == 0.0 and not slot.status & (DISABLED | DRAINING)
    for minutes in ("0", "-1", "x", "nan", "1e9"):
        with pytest.raises(Refused, match="A deadline is a number of minutes"):
            do(looked, act="drain", minutes=minutes)


def test_what_may_hurt_is_asked_first() -> None:
    looked = Looked()
    slot = looked.scoreboard.member(0, 0)
    own_cells(looked.scoreboard, 0, 0)[BUSY] = 2
    with pytest.raises(Doubtful, match=r"go to other members\. In flight are 2 requests;"):
        do(looked, act="disable")
    assert not slot.status & DISABLED and words(looked) == []
    do(looked, act="disable", sure="1")
    assert slot.status & DISABLED
    # Now the other one is the last.
    last = {"m": "m1", "w": "http://127.0.0.2:8090"}
    with pytest.raises(Doubtful, match="is the last member of balancer://confluence"):
        do(looked, act="drain", **last)
    do(looked, act="drain", sure="1", **last)
    assert looked.scoreboard.member(1, 0).status & DRAINING


def test_a_form_says_only_what_is_different() -> None:
    looked = Looked()
    same = {"w_lf": "1.00", "w_ls": "0", "w_wr": "n1", "w_rr": "", "w_status_N": "0", "w_status_D": "0"}
    assert do(looked, act="member", **same).said == ["Nothing was different."]
    assert looked.scoreboard.balancer(0).restarts == 0
    do(looked, act="member", **{**same, "w_lf": "2.5", "w_wr": " n9 "})
    assert words(looked) == ["load factor 1.00 → 2.50, route n1 → n9"]
    refused = do(looked, act="member", w_lf="1000", w_ls="100")
    assert len(refused.said) == 2 and "a load factor is a number from 1 to 100" in refused.said[0]
    with pytest.raises(Doubtful):
        do(looked, act="member", w_status_S="1")
    do(looked, act="member", w_status_S="1", sure="1")
    assert looked.scoreboard.member(0, 0).status & STOPPED


def test_a_balancer_s_form() -> None:
    looked = Looked()
    do(looked, act="balancer", b_lbm="bybusyness", b_tmo="9", b_ss="", b_max="1")
    row = looked.scoreboard.balancer(0)
    assert (row.timeout, row.sticky_cookie) == (9.0, b"")
    assert words(looked) == [
        "lbmethod byrequests → bybusyness, timeout 0 → 9, sticky session JSESSIONID|jsessionid → none"
    ]
    do(looked, act="undo", change=looked.ledger.all()[0].id)
    assert (row.timeout, row.sticky_cookie, row.sticky_path) == (0.0, b"JSESSIONID", b"jsessionid")


def test_heartbeats_that_nobody_hears_are_not_offered_and_refused_in_words() -> None:
    looked = Looked()
    page = looked.get("show=balancer&b=b0").text
    assert "<option>hash</option>" in page and "heartbeat" not in page
    done = do(looked, act="balancer", b_lbm="heartbeat")
    assert "nothing listens for heartbeats here" in done.said[0] and done.changes == []
    assert looked.scoreboard.balancer(0).method == 0
    looked.plan.heartbeats = object()
    assert "<option>heartbeat</option>" in looked.get("show=balancer&b=b0").text
    assert [one.words for one in do(looked, act="balancer", b_lbm="heartbeat").changes] == [
        "lbmethod byrequests → heartbeat"
    ]


@pytest.mark.parametrize("said", [{"act": "drain"}, {"act": "member", "w_status_N": "1"}])
def test_a_drain_begins_with_a_sample_of_its_sessions(said: dict[str, str]) -> None:
    looked = Looked()
    provide(looked.scoreboard, None, 0.0)
    table = looked.scoreboard.sessions[0]
    slot = looked.scoreboard.member(0, 0)
    now = time.monotonic()
    for number in range(8):
        slot.saw(b"%d.n1" % number, now)
    first = do(looked, **said).changes[0]
    slot.saw(b"1.n1", now + 1800.0)
    left = table.left(now + 1900.0)
    assert left.sessions == 1 and left.expected is not None
    # Taken back and begun anew by Undo: what was before does not count.
    back = do(looked, act="undo", change=first.id).changes[0]
    table.seen[:] = bytes(table.size)
    do(looked, act="undo", change=back.id)
    assert slot.status & DRAINING
    slot.saw(b"1.n1", now + 1800.0)
    assert table.left(now + 1900.0).expected is None


def test_a_member_is_added_and_says_why_not() -> None:
    looked = Looked(growth=1)
    done = do(looked, act="add", url=" http://127.0.0.9:8090 ")
    assert [one.words for one in done.changes] == ["added, disabled at first"]
    assert looked.lookout.picture(0).balancers[0].members[2].cells["word"] == "disabled"
    with pytest.raises(Refused, match="There is no room for another member"):
        do(looked, act="add", url="http://127.0.0.8:8090")
    with pytest.raises(Refused, match="is no URL of a member"):
        do(looked, act="add", url="http://a b")


ADDED = {"m": "m3", "w": "http://127.0.0.9:8090"}


def added(looked: Looked) -> Change:
    """A member that was added and serves."""
    change = do(looked, act="add", url=ADDED["w"]).changes[0]
    do(looked, act="enable", **ADDED)
    return change


def test_adding_a_member_is_undone_by_removing_it() -> None:
    looked = Looked(growth=1)
    change = added(looked)
    slot = looked.scoreboard.member(3, 0)
    back = do(looked, act="undo", change=change.id)
    assert (slot.status, slot.goes > 0.0) == (DRAINING, True)
    assert [(one.words, one.undoes) for one in back.changes] == [
        ("drains, is removed when nobody uses it any more", change.id)
    ]
    member = looked.lookout.picture(0).balancers[0].members[2]
    assert member.cells["word"] == "drained" and member.cells["why"].endswith("; then it is removed")
    with pytest.raises(Refused, match="is being removed already"):
        do(looked, act="undo", change=change.id)
    # Undoing that keeps it, and so does enabling it; then the addition can be undone once more.
    do(looked, act="undo", change=back.changes[0].id)
    assert (slot.status, slot.goes) == (0, 0.0)
    do(looked, act="undo", change=change.id)
    kept = do(looked, act="enable", **ADDED).changes[0]
    assert (slot.status, slot.goes, kept.words) == (0, 0.0, "drains no more, is not removed")
    do(looked, act="undo", change=kept.id)
    assert (slot.status, slot.goes > 0.0) == (DRAINING, True)


def test_only_an_added_member_is_removed() -> None:
    looked = Looked(growth=1)
    added(looked)
    with pytest.raises(Refused, match=r"was not added while it ran: its line is conf/wiki\.conf:9"):
        do(looked, act="remove")
    do(looked, act="remove", **ADDED)
    assert words(looked)[-1] == "drains, is removed when nobody uses it any more"


def test_the_last_member_is_not_removed_without_asking() -> None:
    looked = Looked(growth=1)
    added(looked)
    for index in (0, 1):
        looked.scoreboard.member(index, 0).status = DISABLED
    with pytest.raises(Doubtful, match="is the last member of balancer://confluence"):
        do(looked, act="remove", **ADDED)
    assert looked.scoreboard.member(3, 0).goes == 0.0
    do(looked, act="remove", sure="1", **ADDED)
    assert looked.scoreboard.member(3, 0).goes > 0.0


def test_who_is_gone_cannot_be_removed() -> None:
    looked = Looked(growth=1)
    change = do(looked, act="add", url=ADDED["w"]).changes[0]
    looked.scoreboard.member(3, 0).url = b""
    with pytest.raises(Refused, match="is not there any more"):
        do(looked, act="undo", change=change.id)


def test_undo_says_what_was_before_and_only_once() -> None:
    looked = Looked()
    slot = looked.scoreboard.member(0, 0)
    first = do(looked, act="drain", minutes="5").changes[0]
    back = do(looked, act="undo", change=first.id)
    assert not slot.status & DRAINING and slot.leave_by == 0.0
    assert back.changes[0].undoes == first.id and looked.ledger.undone() == {first.id}
    with pytest.raises(Refused, match="taken back already"):
        do(looked, act="undo", change=first.id)
    # What was undone can be done again by undoing that.
    do(looked, act="undo", change=back.changes[0].id)
    assert slot.status & DRAINING


def test_undo_does_not_overwrite_what_somebody_else_said_since() -> None:
    looked = Looked()
    first = do(looked, act="member", w_lf="2").changes[0]
    do(looked, act="member", w_lf="3")
    with pytest.raises(Refused, match="changed it again since"):
        do(looked, act="undo", change=first.id)
    assert looked.scoreboard.member(0, 0).factor == 300
    with pytest.raises(Refused, match="not known"):
        do(looked, act="undo", change="x")


def test_undoing_may_hurt_too() -> None:
    looked = Looked()
    do(looked, act="disable", sure="1")
    enabled = do(looked, act="enable").changes[0]
    with pytest.raises(Doubtful):
        do(looked, act="undo", change=enabled.id)
    do(looked, act="undo", change=enabled.id, sure="1")
    assert looked.scoreboard.member(0, 0).status & DISABLED


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"nonce": "wrong"}, 403),
        ({"nonce": ""}, 403),
        ({"nonce": "\u20ac"}, 403),
        ({"b": "b9"}, 404),
        ({"b": ""}, 404),
        ({"m": "m2"}, 404),
        ({"w": "http://127.0.0.2:8090"}, 404),
        ({"act": "rm"}, 400),
        ({"act": ""}, 400),
    ],
)
def test_a_form_that_is_not_ours_does_nothing(said: dict[str, str], status: int) -> None:
    looked = Looked()
    with pytest.raises(Refused) as refused:
        looked.deeds.do({**NODE, "act": "drain", **said}, 0, "eve")
    assert refused.value.status == status and looked.ledger.all() == []
    assert looked.scoreboard.member(0, 0).status == 0


def test_without_a_nonce_nothing_can_be_changed() -> None:
    looked = Looked()
    looked.plan.balancers[0].nonce = b""
    with pytest.raises(Refused):
        do(looked, act="drain", nonce="")


def test_what_others_did_is_not_taken_for_ones_own() -> None:
    looked = Looked()
    looked.scoreboard.member(1, 0).status |= DISABLED
    done = do(looked, act="drain", sure="1")
    assert [one.member for one in done.changes] == ["http://127.0.0.1:8090"]
    assert [(one.who, one.member) for one in looked.ledger.all()] == [
        ("unknown", "http://127.0.0.2:8090"), ("eve (192.0.2.7)", "http://127.0.0.1:8090"),
    ]  # fmt: skip
