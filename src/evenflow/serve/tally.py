"""What an access log and a span need of one request and its answer, counted while they pass, and the line at the end.

A tunnel's line is written when the tunnel ends; its exchange has another request by then, so what the line needs is put
aside.
"""

from __future__ import annotations

import time
from typing import Any

from evenflow.proxy.exchange import Exchange
from evenflow.proxy.tunnel import Tunnel
from evenflow.serve.clock import monotonic
from evenflow.serve.log_record import LogRecord
from evenflow.serve.server import Server
from evenflow.wire.http1 import RequestHead


class Tally:
    """A client connection has one where an access log is written, or requests are traced."""

    def __init__(self) -> None:
        self.started = 0.0
        """time.time() of the request's beginning."""
        self.began = 0.0
        """The same on the monotonic clock."""
        self.received = 0
        """Bytes of the request at work."""
        self.sent = 0
        """Bytes of its answer."""
        self.later: Any = None
        """What a tunnel's line needs at its end."""
        self.failure: Any = None
        """The last `proxy.attempt.MemberFailure` of the request."""
        self.span: Any = None
        """`tracing.Span`, where requests are told to a collector."""

    def begin(self, now: float) -> None:
        """A request begins."""
        self.began = now
        self.started = time.time()
        self.received = 0
        self.sent = 0
        self.failure = None
        self.span = None

    def failed(self, failure: Any) -> None:
        """An attempt at a member failed."""
        self.failure = failure
        if self.span is not None:
            self.span.add_failure(failure)

    def trace(self, tracer: Any, exchange: Exchange) -> None:
        """The request's head is there: its span begins."""
        self.span = tracer.begin(exchange, self.started)

    def log(self, server: Server, exchange: Exchange, tls: Any, aborted: bool) -> None:
        """Write the lines of an exchange that is over; `tls` is the client's socket, None in the clear."""
        decision = exchange.decision
        host = decision.host if decision is not None else exchange.facts.table.first
        logs = server.access_logs.of(host)
        if not logs and self.span is None:
            return
        record = server.record
        record.decision = decision
        record.host = host
        record.head = exchange.first_head if decision is not None else None
        record.last_head = exchange.head if exchange.first_decision is not None else None
        facts = exchange.facts
        record.facts = facts
        # Only if the last line about this connection was about this request.
        ids = facts.log_ids
        record.log_id = ids.request if ids is not None and ids.request == facts.unique else b""
        record.tls = tls
        record.first_decision = exchange.first_decision
        record.status = exchange.status
        record.first_status = exchange.document_status or exchange.status
        record.why = exchange.why
        record.failure = self.failure
        record.attempts = exchange.attempts
        record.body_bytes_sent = exchange.body.sent
        record.bytes_sent = self.sent
        record.refused = exchange.refused_head
        record.bytes_received = self.received
        record.started = self.started
        record.duration = monotonic() - self.began
        record.keepalive_count = exchange.served
        record.aborted = aborted
        record.kept_alive = exchange.keep_client and not aborted
        record.env = exchange.variables() if decision is not None else {}
        record.request_fields = exchange.request_fields
        record.plain = exchange.plain
        record.sent_head = exchange.sent_head
        trailers = exchange.request_chunks.trailers
        record.request_trailers = b"" if trailers is None else bytes(trailers)
        record.response_trailers = exchange.body.trailers()
        self._end_span(server, record)
        for log in logs:
            log.write(record)

    def _end_span(self, server: Server, record: LogRecord) -> None:
        """The span of what the record says, if there is one, is complete."""
        if self.span is not None:
            server.tracer.end(self.span, record)
            self.span = None

    def put_aside(self, server: Server, exchange: Exchange, tls: Any) -> None:
        """A tunnel begins: keep what its line needs. Its span ends here: who looks for it does not wait for hours."""
        head_bytes = self.sent + exchange.to_client.pending() - exchange.body.sent
        self.later = (
            bytes(exchange.head.data),
            exchange.decision,
            exchange.facts,
            tls,
            dict(exchange.variables()),
            exchange.sent_head,
            head_bytes,
            exchange.served,
            exchange.attempts,
        )
        if self.span is not None:
            self._end_span(server, self._recall(server, 0, 0))

    def log_tunnel(self, server: Server, tunnel: Tunnel) -> None:
        """The tunnel is over: write its lines."""
        if self.later is None:
            return
        record = self._recall(server, tunnel.received, tunnel.sent)
        self.later = None
        for log in server.access_logs.of(record.host):
            log.write(record)

    def _recall(self, server: Server, received: int, sent: int) -> LogRecord:
        """What is known of a tunnel that has carried so many bytes of the member and of the client."""
        data, decision, facts, tls, env, sent_head, head_bytes, served, attempts = self.later
        record = server.record
        head = RequestHead()
        head.parse(data, 0, 0, 0)
        record.decision = decision
        record.host = decision.host
        record.head = head
        record.last_head = None
        record.log_id = record.request_trailers = record.response_trailers = b""
        record.facts = facts
        record.tls = tls
        record.first_decision = None
        record.status = record.first_status = 101
        record.why = ""
        record.failure = None
        record.attempts = attempts
        # What goes through a tunnel is no body (httpd); all bytes count.
        record.body_bytes_sent = 0
        record.bytes_sent = head_bytes + received
        record.bytes_received = self.received + sent
        record.started = self.started
        record.duration = monotonic() - self.began
        record.keepalive_count = served
        record.aborted = False
        record.kept_alive = False
        record.env = env
        record.request_fields = None
        record.plain = None
        record.sent_head = sent_head
        return record
