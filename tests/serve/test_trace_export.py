"""Spans leave by a thread: nobody waits, nothing is unbounded, and only the named collector is spoken to."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.tracing import Tracing
from evenflow.serve import trace_export
from evenflow.serve.trace_context import Context, new_span, new_trace
from evenflow.serve.trace_export import Exporter
from evenflow.serve.tracing import Span
from tests.serve.collector import Collector
from tests.serve.served import until


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as one:
        yield one.start()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are long so that a collector that is away is not hammered; here nobody minds."""
    monkeypatch.setattr(trace_export, "PAUSE", 0.01)
    monkeypatch.setattr(trace_export, "LONGEST_PAUSE", 0.01)


def exporter_for(port: int, most: int = trace_export.MOST) -> Exporter:
    return Exporter(Tracing(NOWHERE, False, "127.0.0.1", port, "/v1/traces", service="wiki"), most)


def span(name: str = "GET") -> Span:
    made = Span(Context(new_trace(), new_span(), True), b"", b"", 1000.0)
    made.name = name
    made.ended = made.began + 5000
    return made


def ended(exporter: Exporter) -> Exporter:
    """Everything is sent, or given up."""
    exporter.close(30.0)
    assert not exporter.thread.is_alive()
    return exporter


def test_a_span_in_otlps_words(collector: Collector) -> None:
    exporter = exporter_for(collector.port)
    one = Span(Context(b"ab" * 16, b"cd" * 8, True), b"12" * 8, b"vendor=1", 1000.5)
    one.name, one.ended, one.failed = "GET", one.began + 7, "refused"
    one.attributes += [("text", "a"), ("bytes", b"\xff"), ("number", 7), ("truth", True), ("odd", "\ud800")]
    one.events.append((1001 * 10**9, [("evenflow.cause", "refused")]))
    exporter.put(one)
    exporter.start()
    ended(exporter)
    (told,) = collector.spans
    assert (told.trace, told.id, told.parent, told.state) == ("ab" * 16, "cd" * 8, "12" * 8, "vendor=1")
    assert (told.name, told.kind, told.nanoseconds, told.began, told.failed) == ("GET", 2, 7, 1000500000000, "refused")
    assert told.said == {"text": "a", "bytes": "\\xff", "number": 7, "truth": True, "odd": "\\ud800"}
    assert told.events == [("attempt failed", {"evenflow.cause": "refused"})]
    assert told.resource["service.name"] == "wiki"
    ((path, fields),) = collector.posts
    assert (path, fields["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
    assert (exporter.sent, exporter.left_out, exporter.refused) == (1, 0, 0)


def test_many_go_in_messages_of_a_bounded_size(collector: Collector) -> None:
    exporter = exporter_for(collector.port)
    exporter.start()
    for _ in range(1000):
        exporter.put(span())
    ended(exporter)
    assert len(collector.spans) == exporter.sent == 1000
    assert len(collector.posts) >= 1000 // trace_export.BATCH


def test_a_full_queue_leaves_out_what_comes_and_counts_it() -> None:
    exporter = exporter_for(1, most=5)
    for _ in range(8):
        exporter.put(span())
    assert (len(exporter.queue), exporter.left_out) == (5, 3)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_collector_is_asked_again(collector: Collector, status: int) -> None:
    collector.answers = [(status, {"Retry-After": "0"})] * 2
    exporter = exporter_for(collector.port)
    exporter.put(span())
    exporter.start()
    until(lambda: exporter.sent == 1)
    assert len(collector.posts) == 3
    ended(exporter)


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_one_that_does_not_want_it_is_not(collector: Collector, status: int) -> None:
    collector.answers = [(status, {})]
    exporter = exporter_for(collector.port)
    exporter.put(span())
    exporter.start()
    until(lambda: exporter.refused == 1)
    assert (len(collector.posts), exporter.trouble) == (1, f"the collector answered {status}")
    ended(exporter)


def test_no_redirect_is_followed(collector: Collector) -> None:
    with Collector() as other:
        other.start()
        collector.answers = [(307, {"Location": f"http://127.0.0.1:{other.port}/v1/traces"})]
        exporter = exporter_for(collector.port)
        exporter.put(span())
        exporter.start()
        until(lambda: exporter.refused == 1)
        assert not other.posts
        ended(exporter)


def test_no_proxy_of_the_environment_is_asked(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    with Collector() as proxy:
        proxy.start()
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        exporter = exporter_for(collector.port)
        exporter.put(span())
        exporter.start()
        until(lambda: exporter.sent == 1)
        assert not proxy.posts
        ended(exporter)


def test_spans_that_the_collector_did_not_take_are_counted(collector: Collector) -> None:
    collector.rejects = 2
    exporter = exporter_for(collector.port)
    for _ in range(5):
        exporter.put(span())
    exporter.start()
    ended(exporter)
    assert (exporter.sent, exporter.refused) == (3, 2)


def test_a_collector_that_comes_back_gets_what_waits() -> None:
    with Collector() as collector:
        gone = exporter_for(collector.port)
        # Bound, but nobody accepts: that is a collector which hangs; a port without anybody is one that is away.
        collector.server.server_close()
        gone.put(span())
        gone.start()
        until(lambda: gone.refused == 1)
        assert "refused" in gone.trouble.lower()
        with Collector() as back:
            back.start()
            gone.said = exporter_for(back.port).said
            gone.put(span())
            until(lambda: gone.sent == 1)
            ended(gone)


@pytest.mark.parametrize(
    "says",
    [
        b"", b"HTTP/1.1 500 no\r\nContent-Length: 99\r\n\r\n", b"\xff" * 70000, b"HTTP/9 x\r\n\r\n",
        b"HTTP/1.1 404 no\r\nContent-Length: 999999\r\n\r\n" + b"x" * 999999,
        b"HTTP/1.1 204 no\r\n" + b"X: y\r\n" * 999,
    ],
)  # fmt: skip
def test_a_hostile_collector_stops_nobody(says: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        exporter = exporter_for(server.getsockname()[1])
        exporter.put(span())
        exporter.start()

        def played() -> bool:
            server.settimeout(0.01)
            try:
                made, _ = server.accept()
            except TimeoutError:
                return exporter.refused == 1
            with made:
                made.recv(65536)
                with contextlib.suppress(ConnectionError):
                    made.sendall(says)
            return exporter.refused == 1

        until(played)
        assert exporter.trouble
        ended(exporter)


def test_the_end_waits_no_longer_than_it_was_told() -> None:
    """A collector that accepts, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        exporter = exporter_for(server.getsockname()[1])
        exporter.start()
        for _ in range(trace_export.BATCH + 10):
            exporter.put(span())
        until(lambda: len(exporter.queue) == 10)
        exporter.close(0.05)
        assert exporter.thread.is_alive()
        assert exporter.left_out == 10


def test_a_mistake_of_ours_does_not_end_the_thread(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = exporter_for(collector.port)
    broken = span()
    broken.ended = -1
    exporter.put(broken)
    exporter.start()
    until(lambda: exporter.refused == 1)
    assert "a mistake in evenflow" in exporter.trouble
    exporter.put(span())
    until(lambda: exporter.sent == 1)
    ended(exporter)


def test_a_collector_that_hangs_keeps_nobody_waiting() -> None:
    """The thread is stuck in its POST while the loop goes on to put: beyond the bound spans are counted, no more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        exporter = exporter_for(server.getsockname()[1], most=10)
        exporter.start()
        exporter.put(span())
        until(lambda: not exporter.queue)
        for _ in range(100):
            exporter.put(span())
        assert (len(exporter.queue), exporter.left_out, exporter.sent) == (10, 90, 0)
        exporter.close(0.05)
