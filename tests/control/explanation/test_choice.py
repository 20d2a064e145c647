"""Which member takes the request, by the serving code's numbers; and the numbers are left as they are."""

from __future__ import annotations

import time

import pytest

from evenflow.plan.model import Plan
from evenflow.proxy.routes import Routes
from evenflow.slotmem.layout import STOPPED
from evenflow.slotmem.scoreboard import Scoreboard
from tests.control.explanation.told import STICKY, head, told
from tests.plan.cases import plan_of


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(STICKY)


@pytest.mark.parametrize(
    "fields, target, route, member, words",
    [
        (("Cookie: SID=x.a",), "/x", "a", "http://127.0.0.1:1", "route `a` is this member's"),
        (("Cookie: SID=x.a",), "/x?sid=y.b", "b", "http://127.0.0.1:2", "route `b` is this member's"),
        (("Cookie: SID=x",), "/x", None, None, "`x` holds no `.`"),
        (("Cookie: SID=x.",), "/x", None, None, "nothing follows the `.`"),
        (("Cookie: SID=x.zz",), "/x", "zz", None, "no member has the route `zz` (there are `a`, `b`, `h`)"),
        ((), "/x", None, None, "the request names no session"),
    ],
)
def test_the_session_says_what_it_found(
    plan: Plan, fields: tuple[str, ...], target: str, route: str | None, member: str | None, words: str
) -> None:
    said = told(plan, head(*fields, target=target))
    assert (said["sticky"]["route"], said["sticky"]["member"]) == (route, member)
    assert words in said["sticky"]["why"]
    assert said["choice"]["by"] == ("route" if member else "lbmethod")
    changed = member is None
    assert [edit["applies"] for edit in said["edits"]] == [True, changed]
    assert ("X-B: " in said["answer"]["head"], "X-A: 1" in said["answer"]["head"]) == (changed, True)


def test_a_running_scoreboard_is_asked_and_left_as_it_is(plan: Plan) -> None:
    live = Scoreboard(plan.members, plan.balancers, 2)
    Routes(plan, live, 1)
    live.member(1, 0).status |= STOPPED
    live.member(0, 0).error_since = time.monotonic()
    before = bytes(live.region.bytes)
    said = told(plan, head("Cookie: SID=x.b"), live=live, child=1)
    assert bytes(live.region.bytes) == before
    assert said["scoreboard"] == "live"
    assert said["outcome"]["member"] == "http://127.0.0.1:3", "the standby: one is in error, one is stopped"
    assert [member["status"] for member in said["choice"]["members"]] == ["", "S", "H"]
    assert said["choice"]["members"][0]["in_error"]
    assert "cannot be used now" in said["sticky"]["why"]
    assert told(plan, head("Cookie: SID=x.b"))["outcome"]["member"] == "http://127.0.0.1:2"


def test_nobody_is_left(plan: Plan) -> None:
    live = Scoreboard(plan.members, plan.balancers, 1)
    for slot in range(3):
        live.member(slot, 0).status |= STOPPED
    said = told(plan, head(), live=live)
    assert (said["outcome"]["kind"], said["outcome"]["status"], said["choice"]["by"]) == ("refused", 503, None)
    assert said["own"].startswith("HTTP/1.1 503 ")
