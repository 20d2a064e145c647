"""What the error log is told of exchanges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evenflow.serve.error_log import ErrorLog
from evenflow.serve.error_logs import ErrorLogs
from evenflow.serve.reports import client_of, report_failure, report_refusal
from tests.proxy.story import Story, Tell, connect, head, member_closes, ready, refused, sends, step

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
