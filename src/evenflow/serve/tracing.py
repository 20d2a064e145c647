"""Spans of requests: begun when a head is understood, ended where an access log would have its line.

The head that goes to the member says our span as its parent: the field is written into the request before any edit of
the configuration sees it. What a span says is what the access log knows of the exchange (`log_record`), as
OpenTelemetry names it (https://opentelemetry.io/docs/specs/semconv/http/http-spans/), and what only a balancer knows,
as `evenflow.*`. How spans leave the process is `trace_export`'s.
"""

from __future__ import annotations

import time
from typing import Any, Final

from evenflow.plan.access import contains
from evenflow.plan.edits import NOTE_PREFIX
from evenflow.plan.tracing import Tracing
from evenflow.proxy.exchange import Exchange
from evenflow.serve.log_json import cause_of, origin_of, way
from evenflow.serve.log_record import LogRecord
from evenflow.serve.trace_context import Context, new_span, new_trace, read_parent, within
from evenflow.serve.trace_export import Exporter

TRACE_NOTE: Final = NOTE_PREFIX + b"trace-id"
SPAN_NOTE: Final = NOTE_PREFIX + b"span-id"
MOST_TEXT: Final = 2048
"""Bytes of what a client sent that a span tells."""
MOST_EVENTS: Final = 16
METHODS: Final = frozenset(
    (b"CONNECT", b"DELETE", b"GET", b"HEAD", b"OPTIONS", b"PATCH", b"POST", b"PUT", b"TRACE", b"QUERY")
)
"""Others are called `HTTP`, so that no client can make names (semantic conventions)."""

Value = bytes | str | int | bool


class Span:
    """One request's. Times are nanoseconds since 1970; `attributes` and those of `events` are (name, value)."""

    __slots__ = ("context", "parent", "state", "name", "began", "ended", "attributes", "events", "failed")

    def __init__(self, context: Context, parent: bytes, state: bytes, began: float) -> None:
        self.context = context
        self.parent = parent
        """The span that ours is below, b"" where it is the first."""
        self.state = state
        """`tracestate`"""
        self.name = "HTTP"
        self.began = int(began * 1e9)
        self.ended = 0
        self.attributes: list[tuple[str, Value]] = []
        self.events: list[tuple[int, list[tuple[str, Value]]]] = []
        self.failed = ""
        """Why it counts as an error of the server, "" where it does not."""

    def add_failure(self, failure: Any) -> None:
        """An attempt at a member failed."""
        if self.context.sampled and len(self.events) < MOST_EVENTS:
            told: list[tuple[str, Value]] = [
                ("evenflow.member", failure.member.name),
                ("evenflow.stage", failure.stage),
                ("evenflow.cause", failure.cause),
                ("evenflow.repeated", failure.repeated),
            ]
            self.events.append((time.time_ns(), told))


class Tracer:
    """One in each child that tells of requests; made behind the fork, as its exporter has a thread."""

    def __init__(self, said: Tracing, exporter: Exporter) -> None:
        self.said = said
        self.exporter = exporter

    def begin(self, exchange: Exchange, began: float) -> Span:
        """The span of a request whose head has just been understood, or was refused (then it has no decision)."""
        if exchange.decision is None:
            trace = new_trace()
            return Span(Context(trace, new_span(), within(trace, self.said.share)), b"", b"", began)
        head = exchange.head
        said = self.said
        parent = None
        if said.trusts_all or (said.trusted and contains(said.trusted, exchange.facts.remote_address)):
            parent = read_parent(head.get(b"traceparent"))
        if parent is not None:
            span = Span(
                Context(parent.trace, new_span(), parent.sampled), parent.span, head.get(b"tracestate") or b"", began
            )
        else:
            trace = new_trace()
            span = Span(Context(trace, new_span(), within(trace, said.share)), b"", b"", began)
            if head.get(b"tracestate") is not None:
                head.replace(b"tracestate", None)
        if parent is None or parent.sampled:
            head.replace(b"traceparent", span.context.spelled())
        return span

    def end(self, span: Span, record: LogRecord) -> None:
        """The request is over, or a tunnel by now. Logs that are written afterwards can name the trace."""
        if record.decision is not None:
            record.env[TRACE_NOTE] = span.context.trace
            record.env[SPAN_NOTE] = span.context.span
        if span.context.sampled:
            span.ended = span.began + int(record.duration * 1e9)
            describe(span, record)
            self.exporter.put(span)


def describe(span: Span, record: LogRecord) -> None:
    """Say what is known of the request."""
    say = span.attributes.append
    head = record.head
    facts = record.facts
    if head is not None:
        known = head.method in METHODS
        span.name = head.method.decode("ascii") if known else "HTTP"
        say(("http.request.method", head.method if known else "_OTHER"))
        if not known:
            say(("http.request.method_original", head.method[:MOST_TEXT]))
        say(("url.path", head.path[:MOST_TEXT]))
        say(("network.protocol.version", version_of(record)))
        if head.host:
            name, _, port = head.host.rpartition(b":")
            named = bool(name) and port.isdigit()
            say(("server.address", (name if named else head.host).lower()[:MOST_TEXT]))
            if named:
                say(("server.port", int(port[:9])))
        agent = record.request_field(b"user-agent")
        if agent is not None:
            say(("user_agent.original", agent[:MOST_TEXT]))
    if facts is not None:
        say(("url.scheme", "https" if facts.tls else "http"))
        say(("client.address", record.client()))
        say(("network.peer.address", facts.remote_address))
        say(("network.peer.port", facts.remote_port))
    if record.status:
        say(("http.response.status_code", record.status))
        say(("http.response.body.size", record.body_bytes_sent))
    if record.host is not None:
        say(("evenflow.host", record.host.server_name))
    say_way(span, record)
    cause = cause_of(record)
    if cause:
        say(("evenflow.cause", cause))
    if record.aborted:
        say(("evenflow.aborted", True))
    if record.status >= 500 or not record.status:
        # Below 500 it is the client's error, and no server's span says that it failed (semantic conventions).
        span.failed = cause or (f"status {record.status}" if record.status else "the client went away")
        say(("error.type", str(record.status) if record.status else "client_gone"))


def say_way(span: Span, record: LogRecord) -> None:
    """Who answered, by which line of the configuration, and what became of the session."""
    say = span.attributes.append
    for name, value in way(record).items():
        if value is not None:
            say((f"evenflow.{name}", value))
    origin = origin_of(record)
    if origin is not None and origin.file:
        say(("evenflow.origin", f"{origin.file}:{origin.line}"))
    env = record.env
    sticky = env.get(b"BALANCER_SESSION_STICKY")
    if sticky is not None:
        say(("evenflow.sticky.name", sticky))
        say(("evenflow.sticky.route", env.get(b"BALANCER_SESSION_ROUTE", b"")[:MOST_TEXT]))
    if b"BALANCER_ROUTE_CHANGED" in env:
        say(("evenflow.sticky.changed", True))


def version_of(record: LogRecord) -> str:
    if record.facts is not None and record.facts.http2 is not None:
        return "2"
    return "1.0" if record.head.version == 10 else "1.1"
