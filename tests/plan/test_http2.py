"""The protocol is part of what an answer may depend on, and answers are not mixed."""

from __future__ import annotations

from typing import Any

from evenflow.plan.decide import Decider
from evenflow.plan.http2 import ORDINARY
from tests.plan.cases import facts_of, head_of, inside, plan_of


def both(text: str) -> tuple[Decider, Any, Any]:
    """A child's memory, an HTTP/1.1 connection and an HTTP/2 stream."""
    plan = plan_of(inside(text))
    second = facts_of(plan)
    second.http2 = {b"HTTP2": b"on"}
    return Decider(plan), facts_of(plan), second


def test_defaults_are_httpds() -> None:
    assert (ORDINARY.max_streams, ORDINARY.window, ORDINARY.max_errors) == (100, 65535, 8)
    assert ORDINARY.modern_tls and ORDINARY.direct and not ORDINARY.websockets


def test_rules_see_the_protocol_and_answers_are_not_mixed() -> None:
    decider, first, second = both(
        """
        RewriteEngine On
        RewriteCond expr "%{HTTP2} == 'on'"
        RewriteRule ^ - [R=410,L]
        RewriteRule ^ - [F]
        """
    )
    for _ in range(2):
        assert decider.decide(first, head_of("GET", "/")).status == 403
        assert decider.decide(second, head_of("GET", "/")).status == 410


def test_variables_see_the_protocol_and_outcomes_are_not_mixed() -> None:
    decider, first, second = both("SetEnvIf Request_Protocol 2 second\nRedirect 410 /")
    for _ in range(2):
        assert b"second" not in decider.decide(first, head_of("GET", "/")).env
        assert b"second" in decider.decide(second, head_of("GET", "/")).env


def test_the_protocol_by_its_name() -> None:
    decider, first, second = both(
        """
        RewriteEngine On
        RewriteRule ^ http://other.example/%{SERVER_PROTOCOL} [R]
        """
    )
    assert decider.decide(first, head_of("GET", "/")).location.endswith(b"/HTTP/1.1")
    assert decider.decide(second, head_of("GET", "/")).location.endswith(b"/HTTP/2.0")
