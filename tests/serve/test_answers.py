"""Answers of our own: which page, which fields, and what becomes of the client's connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.decide import Decider
from evenflow.plan.model import Decision, Plan
from evenflow.serve.access_log import AccessLogs
from evenflow.serve.answers import OwnAnswer, own_answer
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.resolver import Resolver
from evenflow.serve.server import Server
from tests.proxy.story import DATE, Story, answers, head, member_closes, ready, refused, sends, step, unknown_name

REDIRECT, ANSWER, FILE, LOCAL = 2, 3, 4, 5


def answer_to(story: Story, folder: Path, handlers: dict[str, Callable[..., Any]] | None = None) -> OwnAnswer:
    """The answer; the exchange must be asking for one."""
    story << step("OWN")
    loop = asyncio.new_event_loop()
    loop.close()
    log = ErrorLog(str(folder / "error.log"))
    server = Server(loop, story.world.routes, Resolver(loop), handlers or {}, log, AccessLogs(story.world.plan, log))
    made = own_answer(server, story.exchange)
    assert made.body_bytes == len(made.data) - made.data.index(b"\r\n\r\n") - 4
    return made


class Fixed(Decider):
    """Decides the same for every request."""

    def __init__(self, plan: Plan, decision: Decision) -> None:
        super().__init__(plan)
        self.decision = decision

    def decide(self, facts: Any, head: Any) -> Decision:
        return self.decision


def decided(kind: int, **said: Any) -> Story:
    """A story in which every request is decided like this."""
    story = Story()
    decision = Decision(kind, story.world.host, story.world.host.base, NOWHERE)
    for name, value in said.items():
        setattr(decision, name, value)
    story.world.routes.decider = Fixed(story.world.plan, decision)
    return story


def test_a_path_that_nobody_serves(tmp_path: Path) -> None:
    story = Story() >> head("GET", "/own")
    made = answer_to(story, tmp_path)
    assert made.data.startswith(b"HTTP/1.1 404 Not Found\r\nDate: " + DATE + b"\r\nServer: evenflow\r\n")
    assert b"Connection:" not in made.data
    assert story.exchange.status == 404


def test_an_answer_to_head_has_no_body(tmp_path: Path) -> None:
    made = answer_to(Story() >> head("HEAD", "/own"), tmp_path)
    assert made.data.endswith(b"\r\n\r\n")
    assert made.body_bytes == 0


def test_who_asked_to_keep_the_connection_is_told(tmp_path: Path) -> None:
    made = answer_to(Story() >> head("GET", "/own", "Connection: keep-alive"), tmp_path)
    assert b"\r\nKeep-Alive: timeout=5, max=100\r\nConnection: Keep-Alive\r\nContent-Type: " in made.data
    assert made.data.index(b"\r\nContent-Length: ") < made.data.index(b"\r\nKeep-Alive: "), "httpd's order"


def test_a_request_that_cannot_be_understood(tmp_path: Path) -> None:
    story = Story() >> sends(b"GET / HTTP/1.1\r\n\r\n")
    made = answer_to(story, tmp_path)
    assert made.data.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nConnection: close\r\n" in made.data
    assert not story.exchange.keep_client


def test_nobody_can_be_reached(tmp_path: Path) -> None:
    story = Story({"a": {}}) >> head("GET", "/") >> refused()
    made = answer_to(story, tmp_path)
    assert made.data.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nConnection: close\r\n" in made.data
    assert b"refused" not in made.data, "the cause is for the log"


def test_a_member_that_closed(tmp_path: Path) -> None:
    made = answer_to(Story() >> head("POST", "/") >> ready() >> member_closes(), tmp_path)
    assert made.data.startswith(b"HTTP/1.1 502 Proxy Error\r\n")
    assert b"Reason: " in made.data
    assert b"Error reading from remote server" in made.data
    assert b"\r\nConnection: close\r\n" not in made.data


def test_an_authority_that_the_configuration_does_not_name(tmp_path: Path) -> None:
    story = decided(ANSWER, status=500, reason="the configuration names no member `http://b:1x`", proxy_error=True)
    made = answer_to(story >> head("GET", "/x"), tmp_path)
    assert made.data.startswith(b"HTTP/1.1 500 Proxy Error\r\n")
    assert b"Reason: the configuration names no member" in made.data


def test_names_without_address(tmp_path: Path) -> None:
    made = answer_to(Story() >> head("GET", "/") >> unknown_name() >> unknown_name(), tmp_path)
    assert made.data.startswith(b"HTTP/1.1 500 Proxy Error\r\n")
    assert b"DNS lookup failure for: b" in made.data


def test_what_a_member_said_cannot_become_markup(tmp_path: Path) -> None:
    switch = b"HTTP/1.1 101 X\r\nUpgrade: <script>\r\n\r\n"
    made = answer_to(Story() >> head("GET", "/") >> ready() >> answers(switch), tmp_path)
    assert b"<script>" not in made.data
    assert b"&lt;script&gt;" in made.data


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_redirect(tmp_path: Path, method: str) -> None:
    story = decided(REDIRECT, status=301, location=b"http://www.example/x") >> head(method, "/")
    made = answer_to(story, tmp_path)
    assert made.data.startswith(b"HTTP/1.1 301 Moved Permanently\r\n")
    assert b"\r\nLocation: http://www.example/x\r\n" in made.data
    assert (made.body_bytes == 0) is (method == "HEAD")


def test_an_answer_that_the_plan_says(tmp_path: Path) -> None:
    story = decided(ANSWER, status=403, reason="client denied by server configuration") >> head("GET", "/")
    assert answer_to(story, tmp_path).data.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert story.exchange.why == "client denied by server configuration"


def test_options_for_everything(tmp_path: Path) -> None:
    made = answer_to(decided(ANSWER, status=200, reason="OPTIONS *") >> head("OPTIONS", "*"), tmp_path)
    assert made.data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nAllow: " not in made.data
    assert made.body_bytes == 0


def test_a_small_file_and_a_large_one(tmp_path: Path) -> None:
    for size in (10, 1_000_000):
        path = tmp_path / f"{size}.txt"
        path.write_bytes(b"x" * size)
        made = answer_to(decided(FILE, file=str(path).encode()) >> head("GET", f"/{size}.txt"), tmp_path)
        assert made.data.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nContent-Length: %d\r\n" % size in made.data
        if made.file is None:
            assert made.body_bytes == size
        else:
            assert (made.body_bytes, made.file_bytes) == (0, size)
            assert made.file.read(size + 1) == b"x" * size
            made.file.close()


def test_a_local_handler_answers(tmp_path: Path) -> None:
    asked = []

    def handler(*arguments: Any) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        asked.append(arguments)
        return 200, [(b"Content-Type", b"text/html"), (b"Content-Length", b"99"), (b"X-A", b"1")], b"page"

    story = decided(LOCAL, handler="balancer-manager")
    (
        story
        >> head("POST", "/m?x=y", "Content-Length: 3", "Referer: http://www.example/m", "Host: WWW.example:81")
        >> sends(b"a=b")
    )
    made = answer_to(story, tmp_path, {"balancer-manager": handler})
    assert asked == [(b"POST", b"/m", b"x=y", b"http://www.example/m", b"www.example", b"a=b", story.world.host)]
    assert made.data.endswith(b"\r\n\r\npage")
    assert b"\r\nX-A: 1\r\n" in made.data
    assert made.data.count(b"Content-Length: 4\r\n") == made.data.count(b"Content-Length") == 1
    assert b"\r\nContent-Type: text/html\r\n" in made.data


def test_a_handler_that_is_not_there(tmp_path: Path) -> None:
    made = answer_to(decided(LOCAL, handler="server-status") >> head("GET", "/"), tmp_path)
    assert made.data.startswith(b"HTTP/1.1 500 ")


def test_the_signature_is_the_places_and_names_us_as_the_client_does(tmp_path: Path) -> None:
    story = decided(ANSWER, status=404) >> head("GET", "/x", "Host: Other.example:8081")
    scope = story.world.host.base
    story.world.host.server_admin = b"root@wiki.example"
    scope.signature = b"on"
    assert b"<address>evenflow Server at other.example Port 8081</address>" in answer_to(story, tmp_path).data
    scope.signature = b"email"
    scope.canonical_name = True
    story = decided(ANSWER, status=404)
    story.world.host.server_admin = b"root@wiki.example"
    story.world.host.base.signature = b"email"
    story.world.host.base.canonical_name = True
    story >> head("GET", "/x", "Host: other.example:8081")
    page = answer_to(story, tmp_path).data
    assert b'<a href="mailto:root@wiki.example">www.example</a> Port 80</address>' in page
