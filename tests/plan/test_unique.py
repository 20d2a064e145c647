"""UNIQUE_ID."""

from __future__ import annotations

from evenflow.plan.decide import decide
from evenflow.plan.unique import unique_id
from tests.plan.cases import facts_of, head_of, inside, plan_of

LINES = 'RewriteEngine On\nRewriteRule ^ http://elsewhere/%{ENV:UNIQUE_ID} [R,L]\n'


def test_one_for_each_request() -> None:
    plan = plan_of(inside(LINES))
    assert plan.unique_ids
    facts = facts_of(plan)
    first = decide(plan, facts, head_of("GET", "/")).location
    assert decide(plan, facts, head_of("GET", "/")).location == first
    assert first.rpartition(b"/")[2] == unique_id(facts)
    assert len(unique_id(facts)) == 27
    facts.unique = b""
    assert decide(plan, facts, head_of("GET", "/")).location != first


def test_it_is_asked_for_or_not_made() -> None:
    assert not plan_of(inside("ProxyPass / http://b1/\n")).unique_ids
