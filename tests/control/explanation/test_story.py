"""The whole in one object: its keys, and what fits into a field."""

from __future__ import annotations

import json

import pytest

from evenflow.control.explanation import VERSION, for_client
from evenflow.plan.decide import Decider
from evenflow.slotmem.scoreboard import Scoreboard
from tests.control.explanation.told import STICKY, head, told
from tests.plan.cases import facts_of, inside, plan_of

KEYS = {
    "version", "scoreboard", "request", "steps", "outcome", "shadowed", "sections", "settings", "environment", "sticky",
    "choice", "member_tls", "to_member", "edits", "filters", "reverses", "answer", "own", "documents", "timeouts",
    "asked", "document",
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


def test_an_error_document_has_a_way_of_its_own() -> None:
    plan = plan_of(
        inside(
            """\
            ErrorDocument 403 /err/403
            ErrorDocument 404 "not here"
            ErrorDocument 503 /nowhere/503
            ProxyPass /err balancer://e/err
            <Proxy balancer://e>
                BalancerMember http://127.0.0.1:1 route=a
                BalancerMember http://127.0.0.1:2 route=b
            </Proxy>
            <Proxy balancer://empty>
                ProxySet maxattempts=1
            </Proxy>
            ProxyPass /none balancer://empty/
            <Location /shut>
                Require all denied
            </Location>
            <Location /nowhere>
                Require all denied
            </Location>
            """
        )
    )
    said = told(plan, head("Cookie: a=b", target="/shut?q", method="POST"))
    document = said["document"]
    assert (said["outcome"]["kind"], said["outcome"]["status"], said["own"]) == ("answer", 403, None)
    assert set(document) - {"status", "place"} == KEYS - {"version"}
    assert (document["status"], document["place"]["text"]) == (403, "ErrorDocument 403 /err/403")
    assert (document["request"]["method"], document["request"]["target"]) == ("GET", "/err/403")
    assert (document["outcome"]["kind"], document["document"]) == ("forward", None)
    assert document["outcome"]["url"] == "http://127.0.0.1:1/err/403"
    assert [member["owed"] for member in document["choice"]["members"]] == [[0, -100], [0, 100]]
    assert "Cookie: a=b\r\n" in document["to_member"]["head"]
    assert {"name": "REDIRECT_STATUS", "value": "403", "place": None} in document["environment"]
    assert [step["phase"] for step in document["steps"]].count("mapping") == 1
    said = told(plan, head(target="/none/x"))
    document = said["document"]
    assert (said["outcome"]["status"], document["outcome"]["status"], document["document"]) == (503, 403, None)
    assert document["own"].startswith("HTTP/1.1 503 "), "a document that fails has our own page"
    said = told(plan, head(target="/x"))
    assert (said["document"], said["outcome"]["status"]) == (None, 404) and said["own"].startswith("HTTP/1.1 404 ")
