"""Changes that nobody wrote down."""

from __future__ import annotations

import time

from evenflow.control.console import settings
from evenflow.control.console.witness import ITSELF, NOBODY, UNUSED
from evenflow.control.manager.add import add_member
from evenflow.slotmem.layout import DISABLED, DRAINING
from tests.control.console.looked import Looked


def whos(looked: Looked) -> list[tuple[str, str, str]]:
    return [(one.who, one.member, one.words) for one in looked.ledger.all()]


def test_what_nobody_said_is_written_down_at_the_second_look() -> None:
    looked = Looked()
    looked.scoreboard.member(0, 0).status = DRAINING
    looked.scoreboard.balancer(0).changed()
    looked.witness.look()
    assert whos(looked) == []
    looked.witness.look()
    assert whos(looked) == [(NOBODY, "http://127.0.0.1:8090", "drains")]
    looked.witness.look()
    looked.witness.look()
    assert len(whos(looked)) == 1


def test_what_somebody_said_meanwhile_is_not() -> None:
    looked = Looked()
    looked.scoreboard.member(0, 0).status = DRAINING
    looked.scoreboard.balancer(0).changed()
    looked.witness.look()
    now = settings.read(looked.plan.balancers, looked.scoreboard)
    looked.ledger.note("root", "evenflow drain", settings.differences(looked.witness.known, now))
    looked.witness.look()
    assert [who for who, _, _ in whos(looked)] == ["root"]


def test_what_came_and_went_is_nothing() -> None:
    looked = Looked()
    slot = looked.scoreboard.member(0, 0)
    slot.status = DRAINING
    looked.scoreboard.balancer(0).changed()
    looked.witness.look()
    slot.status = 0
    looked.witness.look()
    looked.witness.look()
    assert whos(looked) == []


def test_a_drain_whose_time_is_over_is_nobodys() -> None:
    looked = Looked()
    slot = looked.scoreboard.member(0, 0)
    slot.status, slot.leave_by = DISABLED, time.monotonic() - 1.0
    looked.witness.write_unsaid()
    assert whos(looked) == [(ITSELF, "http://127.0.0.1:8090", "disabled")]


def test_who_is_gone_was_removed_by_nobody() -> None:
    looked = Looked(growth=1)
    slot = looked.scoreboard.member(add_member(looked.plan.balancers[0], b"http://new", looked.scoreboard).slot, 0)
    slot.status, slot.goes = DRAINING, 5.0
    looked.witness.learn()
    slot.status |= DISABLED
    looked.witness.write_unsaid()
    slot.url = b""
    looked.witness.write_unsaid()
    assert whos(looked) == [
        (ITSELF, "http://new", "disabled"), (ITSELF, "http://new", "removed: nobody uses it any more")
    ]  # fmt: skip
    assert {one.how for one in looked.ledger.all()} == {UNUSED}


def test_members_of_a_service_come_and_go_with_it() -> None:
    looked = Looked(growth=1)
    looked.plan.balancers[0].spares[0].service = object()
    for url in (b"http://new", b""):
        looked.scoreboard.member(3, 0).url = url
        looked.witness.write_unsaid()
    assert whos(looked) == [
        (ITSELF, "http://new", "named by its service"), (ITSELF, "http://new", "left by its service, and empty")
    ]  # fmt: skip
