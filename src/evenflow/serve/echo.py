"""TRACE and OPTIONS that go no further: the request sent back, and what may be asked (RFC 9110 sections 9.3.7/8)."""

from __future__ import annotations

from evenflow.plan.ground_rules import TRACE_EXTENDED
from evenflow.plan.ground_rules import allowed as allowed_at
from evenflow.proxy.exchange import Exchange
from evenflow.proxy.request import merged


def trace_body(exchange: Exchange) -> bytes | None:
    """The request as we read it; None where a body came along that TraceEnable does not want."""
    head = exchange.head
    body = bytes(exchange.collected)
    if exchange.request_left != 0 or (body and exchange.decision.host.trace != TRACE_EXTENDED):
        return None
    lines = [head.line]
    lines += [name + b": " + value for name, value in merged(head.pairs(), head.apart)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def allowed(exchange: Exchange) -> bytes:
    """The Allow field of an OPTIONS that was not to go further."""
    return allowed_at(exchange.decision.host)
