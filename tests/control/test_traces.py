"""Traces of a whole program: several children, a reload, a child that dies, and the end."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.control.processes import Served, until
from tests.serve.collector import Collector


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as one:
        yield one.start()


def configured(collector: Collector, more: str = "") -> str:
    return (
        f"LogLevel notice\nEvenflowTrace http://127.0.0.1:{collector.port} {more}\n"
        "<Location /metrics>\nSetHandler evenflow-metrics\n</Location>\n"
    )


def counted(server: Served, outcome: str) -> int:
    text = server.get("/metrics")[1].decode()
    begin = f'evenflow_trace_spans_total{{outcome="{outcome}"}} '
    (line,) = [one for one in text.splitlines() if one.startswith(begin)]
    return int(float(line.removeprefix(begin)))


def paths(collector: Collector, path: str) -> int:
    return sum(span.said.get("url.path") == path for span in collector.spans)


def test_every_child_tells_and_nothing_is_lost_at_a_reload_or_at_the_end(
    serve: Callable[..., Served], collector: Collector
) -> None:
    server = serve(configured(collector, "service=wiki"), "--children", "2").ready()
    for _ in range(20):
        assert server.get("/robots.txt")[0] == 200
    until(lambda: paths(collector, "/robots.txt") == 20)
    tellers = {span.resource["process.pid"] for span in collector.spans}
    assert tellers <= server.children()
    assert {span.resource["service.name"] for span in collector.spans} == {"wiki"}
    until(lambda: counted(server, "sent") >= 20)
    server.tell(signal.SIGHUP)
    until(lambda: "reloaded:" in server.said)
    for _ in range(10):
        assert server.get("/robots.txt")[0] == 200
    until(lambda: paths(collector, "/robots.txt") == 30)
    # What the retired had counted is not forgotten, nor what those that are dead had.
    until(lambda: counted(server, "sent") >= 30)
    for _ in range(5):
        assert server.get("/robots.txt")[0] == 200
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0
    # The end waits for what was finished, for a bounded time.
    assert paths(collector, "/robots.txt") == 35
    assert len({span.trace for span in collector.spans}) == len(collector.spans)


def test_a_child_that_is_replaced_tells_again(serve: Callable[..., Served], collector: Collector) -> None:
    server = serve(configured(collector), "--children", "1").ready()
    assert server.get("/robots.txt")[0] == 200
    until(lambda: paths(collector, "/robots.txt") == 1)
    until(lambda: counted(server, "sent") >= 1)
    (child,) = server.children()
    os.kill(child, signal.SIGKILL)
    until(lambda: "child died" in server.said and server.children() not in (set(), {child}))
    assert server.get("/robots.txt")[0] == 200
    until(lambda: paths(collector, "/robots.txt") == 2)
    first, second = [span for span in collector.spans if span.said["url.path"] == "/robots.txt"]
    assert first.resource["process.pid"] != second.resource["process.pid"] and first.trace != second.trace
    assert counted(server, "sent") >= 1


def test_a_collector_that_refuses_is_told_of_and_counted(serve: Callable[..., Served], collector: Collector) -> None:
    collector.answers = [(403, {})] * 1000
    server = serve(configured(collector), "--children", "1").ready()
    assert server.get("/robots.txt")[0] == 200
    until(lambda: counted(server, "refused") >= 1)
    until(lambda: 'traces do not reach their collector: cause="the collector answered 403"' in server.said)
    assert "origin=" + str(server.file) in server.said
    assert counted(server, "sent") == 0
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0


def test_a_line_of_the_error_log_can_name_the_trace(serve: Callable[..., Served], collector: Collector) -> None:
    text = configured(collector) + 'ErrorLogFormat "%{traceparent}i %M"\nProxyPass /dead http://127.0.0.1:1\n'
    server = serve(text, "--children", "1").ready()
    assert server.get("/dead")[0] == 503
    until(lambda: paths(collector, "/dead") == 1)
    (span,) = [span for span in collector.spans if span.said["url.path"] == "/dead"]
    until(lambda: f"00-{span.trace}-{span.id}-01 request failed: status=503" in server.said)
    assert span.said["evenflow.member"] == "http://127.0.0.1:1"
    assert span.said["evenflow.origin"].startswith(str(server.file))
    ((_, failure),) = span.events
    assert failure["evenflow.cause"] == "refused" and failure["evenflow.repeated"] is False


def test_nothing_is_counted_where_nothing_is_told(serve: Callable[..., Served]) -> None:
    server = serve("<Location /metrics>\nSetHandler evenflow-metrics\n</Location>\n", "--children", "1").ready()
    assert b"evenflow_trace_spans_total" not in server.get("/metrics")[1]
