"""What it means that a connection has waited long enough."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.model import LogTarget
from evenflow.serve.deadlines import check_deadlines
from evenflow.serve.error_log import ErrorLog
from tests.proxy.story import World
from tests.serve.served import OK, Member, Served, request, until


@pytest.fixture
def member() -> Member:
    return Member()


def test_a_request_that_does_not_arrive(tmp_path: Path) -> None:
    with Served(tmp_path, host={"timeout": 0.3}) as served:
        client = served.client()
        client.send(b"GET / HTTP/1.1\r\nHo")
        assert client.answer()[0] == 408
        client.expect_end()


def test_a_request_line_that_does_not_arrive_has_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "access.log"

    def arrange(world: World) -> None:
        world.host.logs = (LogTarget(str(path), '"%r" %>s %b %H', None, NOWHERE),)

    with Served(tmp_path, host={"timeout": 0.3}, arrange=arrange) as served:
        client = served.client()
        client.send(b"GET / HT")
        client.expect_end()
        kept = served.client()
        kept.send(request("GET", "/own"))
        assert kept.answer()[0] == 404
        kept.send(b"GET / HT")
        kept.expect_end()
        lines = until(lambda: len(found := path.read_text().splitlines() if path.exists() else []) >= 2 and found)
    assert lines[0] == '"-" 408 - HTTP/1.0'
    assert len(lines) == 2 and lines[1].startswith('"GET /own HTTP/1.1" 404 ')


def test_a_connection_that_says_nothing_is_closed_without_a_word(tmp_path: Path) -> None:
    with Served(tmp_path, host={"timeout": 0.3}) as served:
        served.client().expect_end()


def test_a_kept_connection_ends_when_its_time_is_over(tmp_path: Path) -> None:
    with Served(tmp_path, host={"keep_alive_timeout": 0.3}) as served:
        client = served.client()
        client.send(request("GET", "/own"))
        assert client.answer()[0] == 404
        client.expect_end()


def test_a_request_body_that_does_not_arrive(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host={"proxy_timeout": 0.3}) as served:
        client = served.client()
        client.send(request("POST", "/", "Content-Length: 5") + b"he")
        peer = member.accept()
        assert client.answer()[0] == 408
        client.expect_end()
        peer.head()
        peer.read(2)
        peer.expect_end()


@pytest.mark.parametrize("of_member", [False, True])
def test_a_member_that_is_silent(tmp_path: Path, member: Member, of_member: bool) -> None:
    said: dict[str, Any] = {"member": {"timeout": 0.3}} if of_member else {"host": {"proxy_timeout": 0.3}}
    with Served(tmp_path, member, **said) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        status, _, body = client.answer()
        assert status == 502
        assert b"Error reading from remote server" in body
        peer.head()
        peer.expect_end()
        served.logged(
            "member failed", "balancer=c", f"member=http://127.0.0.1:{member.port}", "stage=head", "cause=timeout"
        )
        client.send(request("GET", "/own"))
        assert client.answer()[0] == 404


def test_silence_within_an_answer_cuts_it(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host={"proxy_timeout": 0.3}) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(OK[:-1])
        client.head()
        assert client.read(1) == b"o"
        client.expect_end()
        served.logged("stage=body", "cause=timeout")


def test_a_client_that_takes_nothing(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host={"timeout": 0.5}) as served:
        client = served.client(rcvbuf=4096)
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        with pytest.raises(OSError):
            while True:
                peer.send(b"x" * 1000000)
        until(lambda: served.busy() == [0, 0])


class Alarm:
    """A connection whose time is over and whose end fails: it knows of nothing that a deadline looks at."""

    def __init__(self, log: ErrorLog) -> None:
        self.server = SimpleNamespace(log=log)
        self.deadline = 1.0
        self.read_limit = SimpleNamespace(until=float("inf"))
        self.closed = False
        self.abandoned = False

    @property
    def tunnel(self) -> object:
        raise ZeroDivisionError("what nobody thought of")

    def abandon(self) -> None:
        self.abandoned = True
        self.closed = True


@pytest.mark.once  # compiled, a deadline is a ClientConnection's and nobody else's
def test_one_deadline_that_fails_ends_nobody_else_s(tmp_path: Path) -> None:
    log = ErrorLog(str(tmp_path / "log"))
    alarms = {Alarm(log), Alarm(log)}
    check_deadlines(alarms, 2.0)
    assert all(alarm.abandoned for alarm in alarms)
    assert "ZeroDivisionError: what nobody thought of" in (tmp_path / "log").read_text()
