"""Every field that a member would get has its maker, and every one that it would not has a reason."""

from __future__ import annotations

import pytest

from evenflow.plan.model import Plan
from tests.control.explanation.told import STICKY, head, sources, told
from tests.plan.cases import inside, plan_of


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(STICKY)


def test_every_field_of_the_member_has_its_maker(plan: Plan) -> None:
    said = told(
        plan, head("X-Secret: s", "X-Seen: somebody", "Accept: */*", "Keep-Alive: 5", "Connection: a, b", "B: 1")
    )
    assert said["to_member"]["head"] == (
        "GET /x HTTP/1.1\r\nHost: 127.0.0.1:1\r\nX-Seen: somebody, evenflow\r\nAccept: */*\r\n"
        "X-Kind: page\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Host: www.example\r\n"
        "X-Forwarded-Server: www.example\r\nConnection: Keep-Alive\r\n\r\n"
    )
    made = sources(said)
    assert made["Accept"] == ("client", 0)
    assert made["X-Kind"][0] == "RequestHeader" and made["X-Seen"][0] == "client, changed by RequestHeader"
    assert (made["X-Seen"][1] - made["X-Kind"][1], made["X-Forwarded-For"][0], made["Host"][0]) == (2, "us", "us")
    dropped = {one["name"]: one["by"] for one in said["to_member"]["dropped"]}
    assert set(dropped) == {"Host", "X-Secret", "Keep-Alive", "Connection", "B"}
    assert dropped["X-Secret"] == "RequestHeader"


def test_fields_that_change_before_everything_else() -> None:
    plan = plan_of(inside("RemoteIPHeader X-Real\nRemoteIPInternalProxy 192.0.2.1\nProxyPass / http://127.0.0.1:1/"))
    said = told(plan, head("X-Real: 203.0.113.4, 198.51.100.7"))
    assert ["X-Real", "203.0.113.4, 198.51.100.7"] in said["request"]["fields"]
    assert (said["request"]["from"], said["outcome"]["address"]) == ("192.0.2.1", "198.51.100.7")
    made = sources(said)
    assert made["X-Real"] == ("client, changed by RemoteIPHeader", 5)
    assert "X-Real: 203.0.113.4\r\nX-Forwarded-For: 198.51.100.7\r\n" in said["to_member"]["head"]
