"""What an access log can ask about a finished exchange.

One instance is filled again and again by whoever finishes exchanges; nothing of it is kept after the line is made.
"""

from __future__ import annotations

from typing import Any

from evenflow.plan.decision import Inquiry, afterwards
from evenflow.plan.model import ANSWER, Decision, Plan
from evenflow.serve.refused_head import RefusedHead
from evenflow.wire.http1 import RequestHead


class LogRecord:
    """One finished exchange. `started` is time.time(), `duration` float seconds, sizes are bytes."""

    def __init__(self) -> None:
        self.decision: Any = None
        """plan.model.Decision; None where the request was refused before one was made."""
        self.host: Any = None
        """plan.model.VirtualHost that answered; None: the decision's."""
        self.head: Any = None
        """wire.http1.RequestHead: what the client sent; None where no head could be read."""
        self.last_head: Any = None
        """wire.http1.RequestHead: the request for an ErrorDocument in its place; None: `head`."""
        self.refused = b""
        """The beginning of a head that could not be read."""
        self.facts: Any = None
        """plan.model.ConnectionFacts"""
        self.tls: Any = None
        """The client's ssl.SSLSocket or SSLObject; None in the clear."""
        self.first_decision: Any = None
        """plan.model.Decision of the client's own request, where an ErrorDocument was shown in its place."""
        self.status = 0
        self.first_status = 0
        """The status before an ErrorDocument's."""
        self.body_bytes_sent = 0
        """Body bytes sent to the client, as they were before chunking."""
        self.bytes_sent = 0
        """Every byte sent to the client for this exchange, heads and chunk framing included."""
        self.bytes_received = 0
        """Every byte of the request, its head included."""
        self.started = 0.0
        self.duration = 0.0
        self.keepalive_count = 0
        """Requests that this connection carried before."""
        self.aborted = False
        """The connection ended before the answer did."""
        self.kept_alive = False
        """The connection may carry another request."""
        self.sent_head = b""
        """The answer's head as it was sent, for `%{Name}o`; b"" where none was."""
        self.request_fields: Any = None
        """wire.headers.Headers: the request's fields as RequestHeader left them; None: those of the head."""
        self.plain: Any = None
        """plan.edits.Plain: what RequestHeader added to those of the head."""
        self.env: dict[bytes, bytes] = {}
        """Variables, beside those of the decision."""
        self.request_trailers = b""
        self.response_trailers = b""
        """Lines behind a chunked body, as they came."""
        self.why = ""
        """The cause of an error of ours, in words."""
        self.failure: Any = None
        """proxy.attempt.MemberFailure: how the last attempt failed; None where none did."""
        self.attempts = 0
        """How many attempts at members were made."""
        self.log_id = b""
        """What the error log calls this request; b"" where it says nothing of it."""

    def request_field(self, name: bytes) -> bytes | None:
        """The value of a field of the request as RequestHeader left it, None for none. `name` is lower case."""
        found: bytes | None = None
        if self.request_fields is not None:
            values = self.request_fields.get_all(name)
            found = b", ".join(values) if values else None
        elif self.plain is not None and name in self.plain.values:
            found = self.plain.values[name]
        elif self.head is not None:
            found = self.head.get(name)
        elif self.refused:
            found = RefusedHead(self.refused).field(name)
        return found

    def response_field(self, name: bytes) -> bytes | None:
        """The value of the first field of this name in the sent head, those of Set-Cookie joined as httpd does; None
        for none. `name` is lower case.
        """
        if self.status == 101:
            return None
        return field_of(self.sent_head.split(b"\r\n")[1:], name, name == b"set-cookie")

    def get(self, name: bytes) -> bytes | None:
        """The first field of this name in the answer, in any case; None for none."""
        return self.response_field(name.lower())

    def content_type(self) -> bytes:
        """The answer's type, b"" for none."""
        return self.response_field(b"content-type") or b""

    def inquiry(self, plan: Plan) -> Inquiry | None:
        """The exchange as expressions see it; None where it ended before a virtual host was known."""
        if self.facts is None:
            return None
        decision = self.decision
        head = self.head
        if decision is None or head is None:
            if self.host is None:
                return None
            decision = Decision(ANSWER, self.host, self.host.base, self.host.origin)
            head = RequestHead()
        inquiry = afterwards(plan, self.facts, head, decision, self.env or decision.env, self)
        inquiry.fields = self.request_fields
        if inquiry.fields is None and self.plain is not None:
            inquiry.fields = self.plain.applied(head)
        return inquiry

    def client(self) -> bytes:
        """The client's address; `-` where the connection ended before it was known."""
        if self.facts is None:
            return b"-"
        address: bytes = self.facts.client if self.decision is None else self.decision.client(self.facts)
        return address

    def called(self) -> bytes:
        """The client's name where it was looked up, else its address."""
        decision = self.decision
        name: bytes | None = None if decision is None else decision.client_name
        return name or self.client()

    def variable(self, name: bytes) -> bytes | None:
        """A variable's value, None where it is not set."""
        value = self.env.get(name)
        if value is None and self.decision is not None:
            value = self.decision.env.get(name)
        return value


def field_of(lines: list[bytes], name: bytes, joined: bool) -> bytes | None:
    """The value of the first field of this name in these lines, or of all `joined` with `, `; None for none. `name` is
    lower case.
    """
    found: bytes | None = None
    for line in lines:
        key, colon, value = line.partition(b":")
        if colon and key.lower() == name:
            value = value.strip(b" \t")
            if not joined:
                return value
            found = value if found is None else found + b", " + value
    return found
