"""What is known of a request while it is decided, and the decisions that come out."""

from __future__ import annotations

from evenflow.origin import Origin
from evenflow.plan import decision
from evenflow.plan.decide import decide
from evenflow.plan.decision import Inquiry, Step
from evenflow.plan.model import ANSWER, FILE, FORWARD, LOCAL, REDIRECT
from tests.plan.cases import facts_of, head_of, inside, plan_of


def inquiry(trace: list[Step] | None = None) -> Inquiry:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    return Inquiry(plan, facts_of(plan), head_of("GET", "/x?q"), plan.hosts[0], trace)


def test_the_query_goes_along_until_somebody_changes_it() -> None:
    one = inquiry()
    made = decision.forward(one, None, one.plan.members[0], b"http", b"/x")
    assert (made.kind, made.path, made.keep_query, made.query) == (FORWARD, b"/x", True, None)
    one.query, one.own_query = b"other", False
    made = decision.forward(one, None, one.plan.members[0], b"http", b"/x")
    assert (made.keep_query, made.query) == (False, b"other")


def test_the_other_kinds() -> None:
    one = inquiry()
    one.env[b"A"] = b"1"
    made = decision.redirect(one, 301, b"http://o/")
    assert (made.kind, made.status, made.location, made.env) == (REDIRECT, 301, b"http://o/", {b"A": b"1"})
    made = decision.answer(one, 403, "because")
    assert (made.kind, made.status, made.reason) == (ANSWER, 403, "because")
    made = decision.file(one, b"/srv/f")
    assert (made.kind, made.file) == (FILE, b"/srv/f")
    there = Origin("x.conf", 7, "SetHandler balancer-manager")
    made = decision.local(one, "balancer-manager", there)
    assert (made.kind, made.handler, made.origin) == (LOCAL, "balancer-manager", there)


def test_a_note_is_a_step_of_the_trace() -> None:
    trace: list[Step] = []
    one = inquiry(trace)
    one.note("mapping", Origin("x.conf", 7, "ProxyPass"), b"/\xe9", b"http://b1/")
    assert [repr(step) for step in trace] == ["mapping: x.conf:7: /\xe9 -> http://b1/"]
    inquiry().note("mapping", Origin("x.conf", 7, "ProxyPass"), b"", b"")


def test_a_decision_says_what_it_was_made_of() -> None:
    plan = plan_of(inside("ProxyPass /app http://b1/x"))
    made = decide(plan, facts_of(plan), head_of("GET", "/app/%7ey?q"))
    assert (made.uri, made.filename, made.address) == (b"/app/~y", b"proxy:http://b1/x/~y", b"")
