"""TRACE sends the request back as it was read; with a body only where that is allowed."""

from __future__ import annotations

import pytest

from evenflow.plan.ground_rules import TRACE_EXTENDED, TRACE_OFF, TRACE_ON
from evenflow.serve.echo import allowed, trace_body
from tests.proxy.story import Story, head


def traced(trace: int, *fields: str) -> Story:
    story = Story()
    story >> head("GET", "/own/x", *fields)
    story.exchange.decision.host.trace = trace
    return story


def test_the_head_comes_back() -> None:
    assert trace_body(traced(TRACE_ON, "X-A: 1", "X-A: 2").exchange) == (
        b"GET /own/x HTTP/1.1\r\nHost: www.example\r\nX-A: 1, 2\r\n\r\n"
    )


@pytest.mark.parametrize("trace, field", [(TRACE_ON, b"TRACE"), (TRACE_EXTENDED, b"TRACE"), (TRACE_OFF, b"")])
def test_what_is_allowed(trace: int, field: bytes) -> None:
    assert allowed(traced(trace).exchange) == field
