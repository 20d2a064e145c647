"""How long is waited, and who says so."""

from __future__ import annotations

import pytest

from evenflow.plan.model import Plan
from tests.control.explanation.told import STICKY, head, told
from tests.plan.cases import plan_of


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(STICKY)


def test_a_plain_member_with_its_own_times(plan: Plan) -> None:
    said = told(plan, head("Upgrade: websocket", "Connection: Upgrade", target="/own/x"))
    assert said["outcome"]["url"] == "http://127.0.0.1:4//x"
    assert said["choice"] is None and said["sticky"] is None
    assert said["answer"]["head"].startswith("HTTP/1.1 101 ")
    seconds = {one["name"].partition(" ")[2]: one["seconds"] for one in said["timeouts"]}
    assert (seconds["to connect"], seconds["silence before and within the answer"]) == (2.0, 9.0)
    assert [one["target"] for one in said["shadowed"]] == ["balancer://c/"]
