"""The explanation is what serving does, and serving does not notice that it was asked."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from evenflow.control import explanation
from evenflow.control.explanation import explain
from evenflow.plan.decide import Decider
from evenflow.plan.model import Plan
from evenflow.proxy.routes import Routes
from evenflow.slotmem.layout import STOPPED
from evenflow.slotmem.scoreboard import Scoreboard
from tests.plan.cases import facts_of, inside, plan_of

STICKY = inside(
    """\
    <Proxy balancer://c>
        BalancerMember http://127.0.0.1:1 route=a
        BalancerMember http://127.0.0.1:2 route=b redirect=a
        BalancerMember http://127.0.0.1:3 route=h status=+H
        ProxySet stickysession=SID|sid
    </Proxy>
    RequestHeader set X-Kind page
    RequestHeader unset X-Secret
    RequestHeader append X-Seen evenflow
    Header always set X-A 1
    Header set X-B "%{BALANCER_WORKER_ROUTE}e" env=BALANCER_ROUTE_CHANGED
    ProxyPassMatch
    ProxyPass /own http://127.0.0.1:4/ timeout=9 connectiontimeout=2 upgrade=websocket
    ProxyPass / balancer://c/
    """.replace("    ProxyPassMatch\n", "")
)


def head(*fields: str, target: str = "/x", method: str = "GET") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: www.example", *fields, "", ""]).encode("latin-1")


def told(plan: Plan, data: bytes, **more: Any) -> Any:
    return explain(plan, facts_of(plan), data, **more)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_of(STICKY)


def sources(said: Any) -> dict[str, tuple[str, int]]:
    return {
        one["name"]: (one["by"].partition(":")[0], one["place"]["line"] if one["place"] else 0)
        for one in said["to_member"]["fields"]
    }


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


def test_a_plain_member_with_its_own_times(plan: Plan) -> None:
    said = told(plan, head("Upgrade: websocket", "Connection: Upgrade", target="/own/x"))
    assert said["outcome"]["url"] == "http://127.0.0.1:4//x"
    assert said["choice"] is None and said["sticky"] is None
    assert said["answer"]["head"].startswith("HTTP/1.1 101 ")
    seconds = {one["name"].partition(" ")[2]: one["seconds"] for one in said["timeouts"]}
    assert (seconds["to connect"], seconds["silence before and within the answer"]) == (2.0, 9.0)
    assert [one["target"] for one in said["shadowed"]] == ["balancer://c/"]


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


def test_forms_of_mappings_and_conditions_of_lines() -> None:
    plan = plan_of(
        inside(
            """\
            Header set X-A 1 "expr=%{REQUEST_URI} =~ m#^/a#"
            Header set X-B 1 "expr=%{REQUEST_URI} =~ m#^/b#"
            Header set X-C 1 "expr=%{CONTENT_TYPE} =~ m#html#"
            Header set X-D 1 env=!NOBODY
            RequestHeader set X-E 1 "expr=%{REQUEST_METHOD} == 'GET'"
            ProxyPass /a http://127.0.0.1:1/a
            ProxyPassMatch ^/(a.*)$ http://127.0.0.1:2/$1
            ProxyPassMatch ^/(z.*)$ http://127.0.0.1:3/$1
            """
        )
    )
    said = told(plan, head(target="/a/x"))
    assert [(edit["applies"], edit["waits_for"]) for edit in said["edits"]] == [
        (True, "expr=%{REQUEST_URI} =~ m#^/a#"),
        (False, "expr=%{REQUEST_URI} =~ m#^/b#"),
        (None, "expr=%{CONTENT_TYPE} =~ m#html#"),
        (True, "!NOBODY"),
    ]
    assert [one["place"]["line"] for one in said["shadowed"]] == [11]
    assert sources(said)["X-E"][0] == "RequestHeader"
    assert said["answer"]["head"].count("X-") == 3


def test_fields_that_change_before_everything_else() -> None:
    plan = plan_of(inside("RemoteIPHeader X-Real\nRemoteIPInternalProxy 192.0.2.1\nProxyPass / http://127.0.0.1:1/"))
    said = told(plan, head("X-Real: 203.0.113.4, 198.51.100.7"))
    assert ["X-Real", "203.0.113.4, 198.51.100.7"] in said["request"]["fields"]
    assert (said["request"]["from"], said["outcome"]["address"]) == ("192.0.2.1", "198.51.100.7")
    made = sources(said)
    assert made["X-Real"] == ("client, changed by RemoteIPHeader", 5)
    assert "X-Real: 203.0.113.4\r\nX-Forwarded-For: 198.51.100.7\r\n" in said["to_member"]["head"]


def test_a_redirect_behind_a_mapping_is_shadowed() -> None:
    plan = plan_of(
        inside(
            """\
            Redirect /gone https://new.example/
            RedirectMatch ^/go http://new.example/
            Redirect /other https://new.example/
            <If "%{HTTP:X-Debug} == '1'">
                RequestHeader set X-If yes
            </If>
            ProxyPass / http://127.0.0.1:1/
            """
        )
    )
    said = told(plan, head("X-Debug: 1", target="/gone/x"))
    assert said["outcome"]["kind"] == "forward"
    assert [one["place"]["line"] for one in said["shadowed"]] == [5, 6]
    assert len(said["sections"]) == 1, "an If that is looked at twice meets once"


def test_a_child_that_serves_waits_for_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not found out for the request itself is not looked up once more on the loop."""
    (tmp_path / "users").write_bytes(b"u:$2y$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy\n")
    text = "AuthType Basic\nAuthName x\nAuthUserFile users\nRequire valid-user\nRequire host a.b\n"
    text = f"<Location />\n{text}</Location>"
    plan = plan_of(inside(text), str(tmp_path))

    def never(question: object) -> object:
        raise AssertionError("somebody waits")

    monkeypatch.setattr(explanation, "answer_now", never)
    facts = facts_of(plan)
    asked = head("Authorization: Basic dTp3cm9uZw==")
    said = explanation.for_client(plan, Scoreboard((), (), 1), facts, asked, Decider(plan), True)
    assert json.loads(said)["outcome"]["status"] == 503
    plan = plan_of(inside(text.replace("Require host a.b\n", "")), str(tmp_path))
    said = explanation.for_client(plan, Scoreboard((), (), 1), facts_of(plan), asked, Decider(plan), True)
    assert json.loads(said)["outcome"]["status"] == 401
