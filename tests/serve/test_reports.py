"""What the error log is told of exchanges."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.access import ALL_DENIED, VALID_USER, Require, Requires, container
from evenflow.plan.denials import BY_REQUIRE
from evenflow.plan.documents import URL, Document
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.error_logs import ErrorLogs
from evenflow.serve.handed_on import MANAGER
from evenflow.serve.reports import client_of, report_failure, report_refusal
from tests.proxy.story import Story, Tell, connect, head, member_closes, ready, refused, sends, step
from tests.serve.served import Member, Served, request

Told = Callable[[Story], str]


@pytest.fixture
def logged(tmp_path: Path) -> Told:
    """Tells the log what `report` says of a story, and returns the lines."""

    def report(story: Story, *, failure: bool = False) -> str:
        path = tmp_path / "log"
        logs = ErrorLogs(story.world.plan, ErrorLog(str(path), "info"))
        (report_failure if failure else report_refusal)(logs, story.exchange)
        return path.read_text() if path.exists() else ""

    return report


def test_a_member_in_error_is_told_with_what_one_needs_to_know(tell: Tell, logged: Callable[..., str]) -> None:
    story = tell()
    story >> head("GET", "/") >> refused() << connect("b")
    line = logged(story, failure=True)
    assert "member unavailable: balancer=c member=http://a:8090 stage=connect cause=refused retry_in=60" in line
    assert story.exchange.failure is None


def test_a_member_that_failed_once_is_told_with_the_client(tell: Tell, logged: Callable[..., str]) -> None:
    story = tell()
    story >> head("POST", "/") >> ready() >> member_closes("reset")
    line = logged(story, failure=True)
    assert "member failed: balancer=c member=http://a:8090 stage=head cause=reset client=10.0.0.9" in line


def test_a_kept_connection_that_ended_is_nothing_to_tell(tell: Tell, logged: Callable[..., str]) -> None:
    story = tell()
    story >> head("GET", "/") >> ready(reused=True) >> member_closes() << step("MEMBER")
    assert logged(story, failure=True) == ""


def test_the_console_is_no_member_that_failed(tell: Tell, logged: Callable[..., str]) -> None:
    story = tell({"a": {}})
    story >> head("GET", "/") >> refused()
    story.exchange.decision.handler = MANAGER
    line = logged(story, failure=True)
    assert "[info]" in line and "nobody is there for the manager's page: a child answers: cause=refused" in line
    assert "member" not in line
    story = tell({"a": {}})
    story >> head("GET", "/") >> ready() >> member_closes("reset")
    story.exchange.decision.handler = MANAGER
    line = logged(story, failure=True).splitlines()[-1]
    assert "[warn]" in line and "the manager's page broke off: stage=head cause=reset" in line


def test_what_we_could_not_serve_is_an_error(tell: Tell, logged: Callable[..., str]) -> None:
    story = tell({"a": {}})
    story >> head("GET", "/x") >> refused() << step("OWN")
    line = logged(story)
    assert "[error]" in line
    assert "request failed: status=503" in line
    assert "target=/x" in line and "client=10.0.0.9" in line


def test_what_we_refuse_is_information(tell: Tell, logged: Callable[..., str]) -> None:
    story = tell()
    story >> sends(b"GET /\r\n")
    line = logged(story)
    assert "[info]" in line
    assert "request refused: status=400" in line and "no protocol version" in line


def test_the_client_before_anything_was_decided(tell: Tell) -> None:
    assert client_of(tell().exchange) == "10.0.0.9"


def answer(served: Served, data: bytes) -> int:
    client = served.client()
    client.send(data)
    return int(client.answer()[0])


def locked(folder: Path) -> dict[str, Any]:
    """A scope for users of whom there are none."""
    users = folder / "users"
    users.write_bytes(b"")
    required = Require(VALID_USER, frozenset(), (), NOWHERE)
    return {
        "requires": (Requires(container((required,), False, False, NOWHERE), ""),),
        "auth_type": b"Basic",
        "auth_name": b"Realm",
        "user_file": os.fsencode(users),
        "user_sources": (b"",),
    }


def test_who_is_not_let_in_is_an_error(tmp_path: Path) -> None:
    denied = Require(ALL_DENIED, frozenset(), (), NOWHERE)
    scope = {"requires": (Requires(container((denied,), False, False, NOWHERE), ""),)}
    with Served(tmp_path, Member(), scope=scope) as served:
        assert answer(served, request("GET", "/secret")) == 403
        line = served.logged("request refused")
    assert "[error]" in line
    assert 'status=403 why="client denied by server configuration (AH01630)" client=127.0.0.1 target=/secret' in line


def test_who_is_not_let_in_and_sent_elsewhere_is_told_too(tmp_path: Path) -> None:
    scope = locked(tmp_path)
    scope["documents"] = (Document(401, URL, b"http://login.example/", NOWHERE),)
    with Served(tmp_path, Member(), scope=scope) as served:
        assert answer(served, request("GET", "/secret", "Authorization: Basic Ym9iOm5v")) == 302
        line = served.logged("request refused")
    assert "[error]" in line and 'status=401 why="an unknown user (AH01618)" client=127.0.0.1 user=bob' in line


def test_who_gives_no_password_yet_is_no_error(tmp_path: Path) -> None:
    with Served(tmp_path, Member(), scope=locked(tmp_path)) as served:
        assert answer(served, request("GET", "/secret")) == 401
        assert "[info]" in served.logged("request refused", "status=401")


def test_whoever_is_kept_out_often_hides_nobody_else(tmp_path: Path, tell: Tell, logged: Callable[..., str]) -> None:
    story = tell()
    story >> head("GET", "/")
    story.exchange.why = BY_REQUIRE
    log = ErrorLogs(story.world.plan, ErrorLog(str(tmp_path / "many"), "warn"))
    story.exchange.status = 403
    for _ in range(30):
        report_refusal(log, story.exchange)
    story.facts.remote_address = b"10.0.0.10"
    report_refusal(log, story.exchange)
    lines = (tmp_path / "many").read_text().splitlines()
    assert len(lines) == 21 and "client=10.0.0.10" in lines[-1]
