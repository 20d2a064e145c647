"""What a collector hears of requests, and what a member is told of the trace."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evenflow.compiler.networks import compile_network
from evenflow.origin import NOWHERE, Origin
from evenflow.plan.http2 import Http2
from evenflow.plan.model import JSON_LINES, LogTarget
from evenflow.plan.tracing import Tracing
from tests.proxy.story import World
from tests.serve.collector import Collector, Told
from tests.serve.http2.client import Client
from tests.serve.served import OK, Member, Served, request, until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as one:
        yield one


def tracing(collector: Collector, path: Path | None = None, format: str = "", **said: Any) -> Callable[[World], None]:
    def arrange(world: World) -> None:
        world.plan.tracing = Tracing(NOWHERE, False, "127.0.0.1", collector.port, "/v1/traces", **said)
        if path is not None:
            world.host.logs = (LogTarget(str(path), format or JSON_LINES, None, NOWHERE),)

    return arrange


def heard(collector: Collector, count: int = 1) -> list[Told]:
    until(lambda: len(collector.spans) >= count, f"{count} spans")
    return collector.spans


def field(head: bytes, name: str) -> list[str]:
    lines = head.decode().split("\r\n")
    return [line.partition(":")[2].strip() for line in lines if line.lower().startswith(name + ":")]


def exchange(served: Served, member: Member, *fields: str, target: str = "/x?secret=1") -> bytes:
    """One request that is answered; what the member was sent."""
    client = served.client()
    client.send(request("GET", target, *fields, "Connection: close"))
    peer = member.accept()
    head = peer.head()
    # Each one a connection of its own, so that the test can be the member.
    peer.send(OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
    client.answer()
    return head


def test_a_request_that_is_served(tmp_path: Path, collector: Collector) -> None:
    member = Member()
    with Served(tmp_path, member, member={"route": b"n1"}, arrange=tracing(collector)) as served:
        collector.start()
        head = exchange(served, member, "User-Agent: test/1")
        (span,) = heard(collector)
        # The member's parent is our span.
        assert field(head, "traceparent") == [f"00-{span.trace}-{span.id}-01"]
        assert field(head, "tracestate") == []
        assert span.parent == "" and span.name == "GET" and span.kind == 2 and span.failed == ""
        peer_port = span.said.pop("network.peer.port")
        assert isinstance(peer_port, int)
        assert span.said == {
            "http.request.method": "GET",
            "url.path": "/x",
            "url.scheme": "http",
            "network.protocol.version": "1.1",
            "server.address": "www.example",
            "user_agent.original": "test/1",
            "client.address": "127.0.0.1",
            "network.peer.address": "127.0.0.1",
            "http.response.status_code": 200,
            "http.response.body.size": 2,
            "evenflow.host": "www.example",
            "evenflow.balancer": "c",
            "evenflow.member": served.world.plan.members[0].name.decode(),
            "evenflow.route": "n1",
            "evenflow.attempts": 1,
        }
        assert span.nanoseconds > 0
        assert "secret" not in str(span.said)


@pytest.mark.parametrize("trust", [{"trusts_all": True}, {"trusted": (compile_network("127.0.0.0/8"),)}])
def test_a_trusted_client_is_our_parent(tmp_path: Path, collector: Collector, trust: dict[str, Any]) -> None:
    member = Member()
    with Served(tmp_path, member, arrange=tracing(collector, share=0.0, **trust)) as served:
        collector.start()
        head = exchange(served, member, f"traceparent: {PARENT}", "tracestate: a=1", "Tracestate: b=2")
        (span,) = heard(collector)
        assert (span.trace, span.parent, span.state) == (TRACE, "00f067aa0ba902b7", "a=1, b=2")
        assert field(head, "traceparent") == [f"00-{TRACE}-{span.id}-01"]
        assert ", ".join(field(head, "tracestate")) in ("a=1, b=2", "a=1,b=2")


@pytest.mark.parametrize("trust", [{}, {"trusted": (compile_network("10.0.0.0/8"),)}])
def test_nobody_else_is_believed(tmp_path: Path, collector: Collector, trust: dict[str, Any]) -> None:
    member = Member()
    with Served(tmp_path, member, arrange=tracing(collector, **trust)) as served:
        collector.start()
        head = exchange(served, member, f"traceparent: {PARENT}", "tracestate: a=1")
        (span,) = heard(collector)
        assert span.trace != TRACE and span.parent == "" and span.state == ""
        assert field(head, "traceparent") == [f"00-{span.trace}-{span.id}-01"]
        assert field(head, "tracestate") == []


@pytest.mark.parametrize("bad", [PARENT.upper(), PARENT + "-x", "ff" + PARENT[2:], PARENT.replace(TRACE, "0" * 32)])
def test_a_malformed_parent_begins_a_new_trace(tmp_path: Path, collector: Collector, bad: str) -> None:
    member = Member()
    with Served(tmp_path, member, arrange=tracing(collector, trusts_all=True)) as served:
        collector.start()
        head = exchange(served, member, f"traceparent: {bad}", "tracestate: a=1")
        (span,) = heard(collector)
        assert span.parent == "" and span.trace != TRACE
        assert field(head, "traceparent") == [f"00-{span.trace}-{span.id}-01"]
        assert field(head, "tracestate") == []


def test_two_parents_are_none(tmp_path: Path, collector: Collector) -> None:
    member = Member()
    with Served(tmp_path, member, arrange=tracing(collector, trusts_all=True)) as served:
        collector.start()
        head = exchange(served, member, f"traceparent: {PARENT}", f"Traceparent: {PARENT}")
        (span,) = heard(collector)
        assert span.parent == ""
        assert field(head, "traceparent") == [f"00-{span.trace}-{span.id}-01"]


def test_a_trace_that_is_not_sampled_is_passed_on_as_it_is(tmp_path: Path, collector: Collector) -> None:
    member = Member()
    with Served(tmp_path, member, arrange=tracing(collector, trusts_all=True)) as served:
        collector.start()
        quiet = PARENT[:-1] + "0"
        head = exchange(served, member, f"traceparent: {quiet}", "tracestate: a=1")
        assert (field(head, "traceparent"), field(head, "tracestate")) == ([quiet], ["a=1"])
        # The next one is heard, and it alone.
        exchange(served, member, f"traceparent: {PARENT}")
        (span,) = heard(collector)
        assert span.trace == TRACE


def test_one_that_begins_here_and_is_not_sampled_says_so(tmp_path: Path, collector: Collector) -> None:
    member = Member()
    with Served(tmp_path, member, arrange=tracing(collector, share=0.0)) as served:
        collector.start()
        (said,) = field(exchange(served, member), "traceparent")
        assert said.endswith("-00")
    assert collector.spans == []


def test_attempts_that_failed_are_events(tmp_path: Path, collector: Collector) -> None:
    first, second = Member(), Member()
    first.close()
    with Served(tmp_path, first, second, balancer={"maxattempts": 1}, arrange=tracing(collector)) as served:
        collector.start()
        client = served.client()
        client.send(request("GET", "/", "Connection: close"))
        peer = second.accept()
        peer.head()
        peer.send(OK)
        client.answer()
        (span,) = heard(collector)
        assert span.said["evenflow.attempts"] == 2
        ((name, said),) = span.events
        assert name == "attempt failed"
        assert said == {
            "evenflow.member": served.world.plan.members[0].name.decode(),
            "evenflow.stage": "connect", "evenflow.cause": "refused", "evenflow.repeated": True,
        }  # fmt: skip
        assert span.failed == ""


def test_an_error_of_ours_says_why_and_by_which_line(tmp_path: Path, collector: Collector) -> None:
    member = Member()
    member.close()

    def arrange(world: World) -> None:
        tracing(collector)(world)
        for mapping in world.host.mappings:
            mapping.origin = Origin("wiki.conf", 21, "ProxyPass / balancer://c/")  # type: ignore[attr-defined]

    with Served(tmp_path, member, arrange=arrange) as served:
        collector.start()
        client = served.client()
        client.send(request("GET", "/", "Connection: close"))
        client.answer()
        (span,) = heard(collector)
        assert (span.said["http.response.status_code"], span.said["error.type"]) == (503, "503")
        assert span.said["evenflow.cause"].endswith(": refused")
        assert span.said["evenflow.origin"] == "wiki.conf:21"
        assert span.failed == span.said["evenflow.cause"]
        # A client's own error is told, and is none of ours.
        client = served.client()
        client.send(request("GET", "/own", "Connection: close"))
        client.answer()
        span = heard(collector, 2)[1]
        assert (span.said["http.response.status_code"], span.failed) == (404, "")
        assert "error.type" not in span.said


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\xff\r\n\r\n"])
def test_a_head_that_nobody_understands_is_told_too(tmp_path: Path, collector: Collector, data: bytes) -> None:
    with Served(tmp_path, arrange=tracing(collector)) as served:
        collector.start()
        client = served.client()
        client.send(data)
        client.head()
        (span,) = heard(collector)
        assert span.said["http.response.status_code"] == 400
        assert span.name == "HTTP" and "http.request.method" not in span.said


def test_a_method_of_a_clients_own_makes_no_name(tmp_path: Path, collector: Collector) -> None:
    member = Member()
    with Served(tmp_path, member, arrange=tracing(collector)) as served:
        collector.start()
        client = served.client()
        client.send(request("FROBNICATE", "/", "Connection: close"))
        peer = member.accept()
        peer.head()
        peer.send(OK)
        client.answer()
        (span,) = heard(collector)
        assert span.name == "HTTP"
        assert span.said["http.request.method"] == "_OTHER"
        assert span.said["http.request.method_original"] == "FROBNICATE"


def test_sticky_sessions(tmp_path: Path, collector: Collector) -> None:
    member = Member()
    said = {"sticky_cookie": b"SID"}
    with Served(tmp_path, member, member={"route": b"n1"}, balancer=said, arrange=tracing(collector)) as served:
        collector.start()
        exchange(served, member, "Cookie: SID=abc.gone")
        (span,) = heard(collector)
        assert span.said["evenflow.sticky.name"] == "SID"
        assert span.said["evenflow.sticky.route"] == "gone"
        assert span.said["evenflow.sticky.changed"] is True


def test_a_stream_of_http2(tmp_path: Path, collector: Collector) -> None:
    member = Member()
    arrange = tracing(collector, trusts_all=True)
    with Served(tmp_path, member, host={"http2": Http2(clear=True)}, arrange=arrange) as served:
        collector.start()
        client = Client(served.client())
        asked = client.ask(path=b"/x", fields=[(b"traceparent", PARENT.encode())])
        peer = member.accept()
        head = peer.head()
        peer.send(OK)
        client.answer(asked)
        (span,) = heard(collector)
        assert (span.trace, span.parent) == (TRACE, "00f067aa0ba902b7")
        assert field(head, "traceparent") == [f"00-{TRACE}-{span.id}-01"]
        assert (span.said["network.protocol.version"], span.said["server.address"]) == ("2", "www.example")


def test_a_client_that_goes_away(tmp_path: Path, collector: Collector) -> None:
    member = Member()
    with Served(tmp_path, member, arrange=tracing(collector)) as served:
        collector.start()
        client = served.client()
        client.send(request("GET", "/"))
        peer = member.accept()
        peer.head()
        client.reset()
        (span,) = heard(collector)
        assert span.said["evenflow.aborted"] is True
        assert "http.response.status_code" not in span.said
        assert (span.said["error.type"], span.failed) == ("client_gone", "the client went away")


def test_a_tunnel_is_told_when_it_begins(tmp_path: Path, collector: Collector) -> None:
    member, path = Member(), tmp_path / "access.log"
    arrange = tracing(collector, path, "%>s %O %{trace-id}n")
    with Served(tmp_path, member, member={"upgrade": (b"websocket",)}, arrange=arrange) as served:
        collector.start()
        client = served.client()
        client.send(request("GET", "/ws", "Upgrade: websocket", "Connection: Upgrade"))
        peer = member.accept()
        peer.head()
        peer.send(SWITCH)
        switched = client.head()
        (span,) = heard(collector)
        assert span.said["http.response.status_code"] == 101
        assert not path.exists() or path.read_text() == ""
        peer.send(b"12345")
        client.read(5)
        peer.close()
        client.expect_end()
        client.close()
        until(lambda: path.exists() and path.read_text())
    assert path.read_text() == f"101 {len(switched) + 5} {span.trace}\n"
    assert len(collector.spans) == 1


@pytest.mark.parametrize("sampled", [True, False])
def test_logs_and_traces_meet(tmp_path: Path, collector: Collector, sampled: bool) -> None:
    member, path = Member(), tmp_path / "access.log"
    with Served(tmp_path, member, arrange=tracing(collector, path, share=float(sampled))) as served:
        collector.start()
        (parent,) = field(exchange(served, member), "traceparent")
        until(lambda: path.exists() and path.read_text())
    said = json.loads(path.read_text())
    assert parent == f"00-{said['trace']}-{said['span']}-0{int(sampled)}"
    # The child has ended: all that it had to say is said.
    assert [span.trace for span in collector.spans] == ([said["trace"]] if sampled else [])


def test_what_waits_is_sent_at_the_end(tmp_path: Path, collector: Collector) -> None:
    member = Member()
    with Served(tmp_path, member, arrange=tracing(collector)) as served:
        collector.start()
        for _ in range(5):
            exchange(served, member)
    # The child has ended; nothing that it had finished is missing.
    assert len(collector.spans) == 5


def test_without_it_the_fields_pass_unchanged(tmp_path: Path) -> None:
    member = Member()
    with Served(tmp_path, member) as served:
        head = exchange(served, member, "traceparent: what a client says", "tracestate: a=1")
        assert field(head, "traceparent") == ["what a client says"]
        assert field(head, "tracestate") == ["a=1"]
