"""The walk goes as serving would: refusals, bodies, questions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evenflow.control import explanation
from evenflow.control.explanation import walk
from evenflow.plan.decide import Decider
from evenflow.plan.model import Plan
from evenflow.slotmem.scoreboard import Scoreboard
from tests.control.explanation.told import STICKY, head, told
from tests.plan.cases import facts_of, inside, plan_of


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(STICKY)


@pytest.mark.parametrize(
    "data, status",
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        (b"\x00\xff\r\n\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", 408),
        (b"", 408),
    ],
)
def test_what_is_refused_is_told_too(plan: Plan, data: bytes, status: int) -> None:
    said = told(plan, data)
    assert (said["outcome"]["kind"], said["outcome"]["status"]) == ("refused", status)
    assert said["own"].startswith(f"HTTP/1.1 {status} ")
    assert said["to_member"] is None


def test_a_body_is_imagined(plan: Plan) -> None:
    said = told(plan, head("Content-Length: 3000000", method="POST"), body_length=3_000_000)
    assert "Content-Length: 3000000\r\n" in said["to_member"]["head"]
    assert "Connection: close" not in said["answer"]["head"]
    said = told(plan, head("Transfer-Encoding: chunked", method="POST"))
    assert "Content-Length: 0\r\n" in said["to_member"]["head"]


def test_a_child_that_serves_waits_for_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not found out for the request itself is not looked up once more on the loop."""
    (tmp_path / "users").write_bytes(b"u:$2y$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy\n")
    text = "AuthType Basic\nAuthName x\nAuthUserFile users\nRequire valid-user\nRequire host a.b\n"
    text = f"<Location />\n{text}</Location>"
    plan = plan_of(inside(text), str(tmp_path))

    def never(question: object) -> object:
        raise AssertionError("somebody waits")

    monkeypatch.setattr(walk, "answer_now", never)
    facts = facts_of(plan)
    asked = head("Authorization: Basic dTp3cm9uZw==")
    said = explanation.for_client(plan, Scoreboard((), (), 1), facts, asked, Decider(plan), True)
    assert json.loads(said)["outcome"]["status"] == 503
    plan = plan_of(inside(text.replace("Require host a.b\n", "")), str(tmp_path))
    said = explanation.for_client(plan, Scoreboard((), (), 1), facts_of(plan), asked, Decider(plan), True)
    assert json.loads(said)["outcome"]["status"] == 401
