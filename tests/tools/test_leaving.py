"""What a drain waits for, in words, and with a running program."""

from __future__ import annotations

import http.client
import json
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evenflow.tools import leaving
from tests.control.processes import PATIENCE, Served, until
from tests.control.test_reload import tunnel
from tests.faults.members import Visit
from tests.faults.members import member as listening_member
from tests.peers import free_port
from tests.tools.test_operate import type_in

STICKY = """\
<Proxy balancer://wiki>
BalancerMember http://127.0.0.1:{port} route=n1 upgrade=websocket
BalancerMember http://127.0.0.1:1 route=n2 status=+D
ProxySet stickysession=JSESSIONID
EvenflowSessionIdle {idle}
</Proxy>
<Location /metrics>
SetHandler evenflow-metrics
</Location>
<Location /status>
SetHandler server-status
</Location>
ProxyStatus On
ProxyPass /metrics !
ProxyPass /status !
ProxyPass / balancer://wiki/
"""


@pytest.fixture(autouse=True)
def sockets_of_our_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="evenflow-") as folder:
        monkeypatch.setenv("EVENFLOW_RUN", folder)
        yield


def one(**said: Any) -> dict[str, Any]:
    usual = {
        "name": "http://a", "state": "draining", "busy": 0, "tunnels": 0, "sessions": None, "empty_earliest_in": None,
        "empty_expected_in": None, "sessions_counted_for": None, "session_idle": None,
    }  # fmt: skip
    return {**usual, **said}


def counted(sessions: int, earliest: float = 60.0, expected: float | None = None, since: float = 9e9) -> dict[str, Any]:
    return one(
        sessions=sessions, empty_earliest_in=earliest, empty_expected_in=expected, sessions_counted_for=since,
        session_idle=1800.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (one(), "nothing is left there"),
        (one(busy=1), "1 request is left there"),
        (one(busy=3, tunnels=2), "2 tunnels and 1 request are left there"),
        ({**counted(1200), "busy": 3, "tunnels": 1}, "1,200 sessions, 1 tunnel and 2 requests are left there"),
        (counted(1), "1 session is left there"),
        ({**counted(5), "state": "disabled"}, "nothing is left there"),
    ],
)
def test_what_is_left(member: dict[str, Any], said: str) -> None:
    assert leaving.what(member) == said
    assert leaving.is_empty(member) == (said == "nothing is left there")


def test_when_it_will_be_empty() -> None:
    moment = r"(\d{4}-\d\d-\d\d )?\d\d:\d\d"
    assert leaving.until(one(busy=5)) == "" and leaving.until(counted(0)) == ""
    assert re.fullmatch(f"; empty at {moment} at the earliest", leaving.until(counted(2)))
    assert re.fullmatch(
        f"; empty at {moment} at the earliest, at this rate about {moment}", leaving.until(counted(2, 60.0, 600.0))
    )
    assert leaving.until(counted(2, since=125.0)).endswith(" (sessions are counted since 2m 5s: there may be more)")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", leaving.clock(86400.0))
    now = time.time()
    assert leaving.clock(0.0) in (time.strftime("%H:%M", time.localtime(now + late)) for late in (0, 1))


def behave(visit: Visit) -> bool:
    if visit.fields.get("upgrade"):
        visit.link.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        visit.link.recv(1)
        return False
    visit.answer(b"hello")
    return True


def visit(served: Served, path: str, session: str = "") -> str:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Cookie": f"JSESSIONID={session}.n1"} if session else {})
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_sessions_are_shown_everywhere_and_live_over_a_reload(tmp_path: Path) -> None:
    with listening_member(behave) as node:
        name = f"http://127.0.0.1:{node.port}"
        served = Served(tmp_path, free_port(), STICKY.format(port=node.port, idle="1h"), "--children", "2").ready()
        try:
            for number in range(6):
                assert visit(served, "/x", f"user{number % 3}") == "hello"
            assert visit(served, "/x") == "hello"
            said = json.loads(type_in("members", "wiki", "--format", "json").stdout)
            first, second = said["balancers"][0]["members"]
            assert (first["sessions"], second["sessions"], first["session_idle"]) == (3, 0, 3600.0)
            with tunnel(served):
                assert json.loads(type_in("reload", "--format", "json").stdout)["ok"]
                assert visit(served, "/x", "user9") == "hello"
                until(lambda: "4 sessions and 1 tunnel are left there" in type_in("drain", "wiki", "n1").stdout)
                done = type_in("drain", "wiki", "n1")
                assert re.search(r"; empty at \S+( \S+)? at the earliest.*\(sessions are counted since ", done.stdout)
                assert f'evenflow_member_sessions{{balancer="wiki",member="{name}",route="n1"}} 4\n' in visit(
                    served, "/metrics"
                )
                assert f'evenflow_member_tunnels{{balancer="wiki",member="{name}",route="n1"}} 1\n' in visit(
                    served, "/metrics"
                )
                assert "ProxyBalancer[0]Worker[0]Sessions: 4\n" in visit(served, "/status?auto")
            shown = type_in("status").stdout
            assert "; 4 sessions" in shown and f"balancer://wiki: {name} is draining: 4 sessions" in shown
            assert json.loads(type_in("status", "--format", "json").stdout)["draining"][0]["sessions"] == 4
            assert "sessions" in type_in("members").stdout
            done = type_in("drain", "wiki", "n1", "--wait", "--timeout", "0.1", "--format", "json")
            assert done.returncode == 3 and json.loads(done.stdout)["member"]["sessions"] == 4
            assert type_in("disable", "wiki", "n1").stdout.endswith("is disabled: nothing is left there\n")
        finally:
            served.stop()


def test_a_drain_waits_until_the_last_session_is_gone(tmp_path: Path) -> None:
    with listening_member(behave) as node:
        served = Served(tmp_path, free_port(), STICKY.format(port=node.port, idle="3s"), "--children", "1").ready()
        try:
            asked = time.monotonic()
            visit(served, "/x", "user")
            done = type_in("drain", "wiki", "n1", "--wait")
            assert done.returncode == 0
            assert done.stderr.splitlines()[-1].endswith("is draining: nothing is left there")
            assert time.monotonic() - asked >= 3.0, "the session is not gone before"
        finally:
            served.stop()
