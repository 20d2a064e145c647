"""RequestHeader early: fields that change before anything is decided."""

from __future__ import annotations

from evenflow.plan import steps
from evenflow.plan.decide import Decider, decide
from evenflow.plan.decision import Step
from tests.plan.cases import facts_of, head_of, inside, plan_of

EARLY = inside(
    """
RequestHeader set X-Early yes early
RequestHeader unset X-Gone early
RequestHeader edit X-Edit a b early
RequestHeader add X-More two early
SetEnvIf X-Early (.*) EARLY=$1
SetEnvIf X-Gone . GONE
RewriteEngine On
RewriteCond %{HTTP:X-Edit} =bbb
RewriteRule ^/x http://b2/ [P]
ProxyPass / http://b1/
<Proxy http://b2>
</Proxy>
"""
)


def test_everything_afterwards_sees_them() -> None:
    plan = plan_of(EARLY)
    head = head_of("GET", "/x", ("X-Gone: 1", "x-edit: bab", "X-More: one"))
    made = decide(plan, facts_of(plan), head)
    assert made.env == {b"EARLY": b"yes"}
    assert made.filename == b"proxy:http://b2/"
    assert (head.get(b"x-early"), head.get(b"x-gone"), head.get(b"x-edit")) == (b"yes", None, b"bbb")
    assert [value for name, value in head.pairs() if name == b"X-More"] == [b"one", b"two"]


def test_nothing_is_remembered_for_them() -> None:
    plan = plan_of(EARLY)
    decider = Decider(plan)
    facts = facts_of(plan)
    first = decider.decide(facts, head_of("GET", "/x", ("X-Edit: bab",)))
    second = decider.decide(facts, head_of("GET", "/x", ()))
    assert (first.filename, second.filename) == (b"proxy:http://b2/", b"proxy:http://b1/x")
    assert second.env == {b"EARLY": b"yes"}


def test_a_trace_tells_them() -> None:
    plan = plan_of(EARLY)
    trace: list[Step] = []
    decide(plan, facts_of(plan), head_of("GET", "/x", ()), trace)
    assert ("X-Early", "yes") in [(step.saw, step.result) for step in trace if step.phase == steps.FIELD]


def test_what_is_added_stands_apart_from_what_came() -> None:
    plan = plan_of(inside("RequestHeader add X-A ours early\nRequestHeader edit X-B a b early\nProxyPass / http://b1/\n"))
    head = head_of("GET", "/x", ("X-A: one", "X-B: a", "X-A: two", "x-b: a"))
    decide(plan, facts_of(plan), head)
    assert [pair for pair in head.pairs() if pair[0] != b"Host"] == [
        (b"X-A", b"one, two"),
        (b"X-A", b"ours"),
        (b"X-B", b"b, a"),
    ]
    assert head.get(b"x-a") == b"one, two"
