"""The whole in one object: its keys, and what fits into a field."""

from __future__ import annotations

import json

import pytest

from evenflow.control.explanation import VERSION, for_client
from evenflow.plan.decide import Decider
from evenflow.slotmem.scoreboard import Scoreboard
from tests.control.explanation.told import STICKY, head, told
from tests.plan.cases import facts_of, plan_of

KEYS = {
    "version", "scoreboard", "request", "steps", "outcome", "shadowed", "sections", "settings", "environment", "sticky",
    "choice", "member_tls", "to_member", "edits", "reverses", "answer", "own", "documents", "timeouts", "asked",
}  # fmt: skip


@pytest.mark.parametrize("data", [head(), head(target="/own/x"), b"", b"GET / HTTP/1.1\r\n\r\n", head("Expect: x")])
def test_every_story_has_the_same_keys(data: bytes) -> None:
    said = told(plan_of(STICKY), data)
    assert set(said) == KEYS and said["version"] == VERSION
    json.dumps(said)


def test_what_fits_into_a_field_is_one_short_line() -> None:
    plan = plan_of(STICKY)
    scoreboard = Scoreboard(plan.members, plan.balancers, 1)
    data = head("Cookie: SID=x.b", target="/" + "long" * 500)
    line = for_client(plan, scoreboard, facts_of(plan), data, Decider(plan), False)
    assert b"\n" not in line and len(line) < 4000
    said = json.loads(line)
    assert (said["kind"], said["member"]) == ("forward", "http://127.0.0.1:2")
    assert len(said["url"]) == 200 and "route `b`" in said["sticky"]
    whole = json.loads(for_client(plan, scoreboard, facts_of(plan), data, Decider(plan), True))
    assert set(whole) == KEYS and whole["scoreboard"] == "live"
