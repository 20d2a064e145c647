"""States and numbers in words."""

from __future__ import annotations

import dataclasses
import time

import pytest

from evenflow.control.console import words
from evenflow.control.console.words import BAD, GOOD, IDLE, LEAVING, OFF
from evenflow.control.manager.view import view_member
from evenflow.slotmem.addresses import Answer
from evenflow.slotmem.layout import BUSY, CHECK_FAILED, DISABLED, DRAINING, LONG_AGO, NOT_FOUND, STOPPED
from evenflow.slotmem.sessions import Left
from tests.control.manager.managed import Managed
from tests.slotmem.cells import own_cells


def told(status: int = 0, error: float = 0.0, busy: int = 0, member: int = 0, **said: object) -> words.State:
    managed = Managed()
    slot = managed.scoreboard.member(member, 0)
    slot.status, slot.error_since = slot.status | status, error
    own_cells(managed.scoreboard, member, 0)[BUSY] = busy
    view = view_member(managed.plan.members[member], managed.scoreboard)
    return words.state_of(view, 1000.0, **said)  # type: ignore[arg-type]


def test_what_matters_most_is_said() -> None:
    assert told() == words.State(GOOD, "serving")
    assert told(member=1).kind == IDLE and told(member=1).word == "standby"
    assert told(DISABLED | DRAINING, busy=2).why == "takes nothing new; 2 requests in flight"
    assert (told(STOPPED).kind, told(STOPPED | DISABLED).word) == (OFF, "stopped")
    assert told(CHECK_FAILED, check="its check found: status 503") == words.State(
        BAD, "failing its check", "its check found: status 503"
    )


def test_an_error_says_why_and_when_it_is_tried_again() -> None:
    failed = told(error=970.0, stage="connect")
    assert (failed.kind, failed.word) == (BAD, "in error")
    assert failed.why == "it accepts no connection; it is tried again in 30 s"
    assert told(error=930.0).why == "the error log says why; the next request tries it again"
    assert told(error=LONG_AGO).why.endswith("the next request tries it again")


def test_a_name_that_leads_nowhere_is_said_before_the_error_it_makes() -> None:
    managed = Managed()
    managed.plan.members[0].dial_host = "node.example"
    answer = Answer(NOT_FOUND, (), 990.0, 0.0, 995.0, "there is no such name")
    managed.scoreboard.address(0).write("node.example", answer)
    managed.scoreboard.member(0, 0).error_since = 990.0
    state = words.state_of(view_member(managed.plan.members[0], managed.scoreboard), 1000.0)
    assert state == words.State(BAD, "name does not resolve", "there is no such name")


def test_a_drain_says_what_is_left() -> None:
    assert told(DRAINING, busy=1).why == "1 request in flight; only its own sessions come"
    assert (told(DRAINING).kind, told(DRAINING).word) == (LEAVING, "drained")
    assert told(passing_over=1, children=2).why == "an outlier for 1 of 2 children"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-3, "0 s"), (45.4, "45 s"), (119, "119 s"), (300, "5 min"), (7500, "2 h 5 min"), (187200, "2 d 4 h")],
)
def test_durations(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_a_name_that_is_nobodys_is_said() -> None:
    managed = Managed()
    view = dataclasses.replace(view_member(managed.plan.members[0], managed.scoreboard), unresolved="no such name")
    assert words.state_of(view, 1.0) == words.State(BAD, "name does not resolve", "no such name")


def test_a_drain_says_how_many_sessions_are_left() -> None:
    managed = Managed()
    managed.scoreboard.member(0, 0).status = DRAINING
    view = view_member(managed.plan.members[0], managed.scoreboard)
    left = Left(sessions=7, earliest=1800.0, expected=None, counted=60.0, idle=1800.0)
    assert words.state_of(dataclasses.replace(view, left=left, busy=1), 1.0).why == (
        "7 sessions left, 1 request in flight; empty in 30 min at the earliest"
    )
    soon = dataclasses.replace(view, left=left._replace(sessions=1, expected=600.0))
    assert words.state_of(soon, 1.0).why == "1 session left, 0 requests in flight; empty in about 10 min"
    gone = dataclasses.replace(view, left=left._replace(sessions=0))
    assert words.state_of(gone, 1.0).word == "drained"


def test_tunnels_are_told_apart() -> None:
    managed = Managed()
    view = view_member(managed.plan.members[0], managed.scoreboard)
    held = ((3, 0), (3, 1), (2, 2))
    said = [words.in_flight(dataclasses.replace(view, busy=busy, tunnels=tunnels)) for busy, tunnels in held]
    assert said == ["3 requests", "2 requests and 1 tunnel", "2 tunnels"]


def test_numbers() -> None:
    times = [words.milliseconds(one) for one in (None, -1.0, 0.0042, 0.038, 1.25)]
    assert times == ["–", "–", "4.2 ms", "38 ms", "1.25 s"]
    assert [words.size(one) for one in (830, 1234, 34e6, 5e15)] == ["830 B", "1.2 kB", "34 MB", "5000 TB"]
    assert [words.rate(one) for one in (0.0, 0.44, 9.96, 38.4)] == ["0", "0.4", "10", "38"]
    assert words.whole(1234567) == "1\u202f234\u202f567"
    assert words.summed_up([GOOD, BAD, GOOD], ["serving", "in error", "serving"]) == "1 in error, 2 serving"


def test_a_moment_of_another_day_has_its_date() -> None:
    assert len(words.clock(time.time())) == len("10:31:05")
    assert words.clock(0.0).startswith(("1970-01-01", "1969-12-31"))
