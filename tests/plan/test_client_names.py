"""HostnameLookups: what the client is called."""

from __future__ import annotations

import pytest

from evenflow.plan import steps
from evenflow.plan.decide import Decider, decide, resume
from evenflow.plan.decision import Step
from evenflow.plan.model import ASK, FORWARD, Decision
from evenflow.plan.questions import NAME, NAME_OF, OVERLOADED, Question
from tests.plan.cases import facts_of, head_of, inside, plan_of

LINES = """
ProxyPass / http://b1/
SetEnvIf Remote_Host (.*) CALLED=$1
RewriteEngine On
RewriteCond %{{REMOTE_HOST}} (.*)
RewriteRule ^ - [E=RULE:%1]
{said}
"""


def question(decision: Decision) -> Question:
    assert decision.kind == ASK
    assert isinstance(decision.question, Question)
    return decision.question


@pytest.mark.parametrize("said, kind", [("On", NAME), ("Double", NAME_OF)])
def test_the_name_is_asked_before_anybody_looks_at_it(said: str, kind: int) -> None:
    plan = plan_of(inside(LINES.format(said=f"HostnameLookups {said}")))
    trace: list[Step] = []
    asked = decide(plan, facts_of(plan), head_of("GET", "/"), trace)
    assert question(asked).key == (kind, b"192.0.2.1")
    made = resume(asked, b"a.example")
    assert (made.kind, made.client_name) == (FORWARD, b"a.example")
    assert (made.env[b"CALLED"], made.env[b"RULE"]) == (b"a.example", b"a.example")
    assert ("192.0.2.1", "a.example") in [(step.saw, step.result) for step in trace if step.phase == steps.CLIENT]


@pytest.mark.parametrize("answer", [b"", OVERLOADED])
def test_without_a_name_the_address_stands_for_it(answer: object) -> None:
    plan = plan_of(inside(LINES.format(said="HostnameLookups On")))
    made = resume(decide(plan, facts_of(plan), head_of("GET", "/")), answer)
    assert (made.kind, made.env[b"CALLED"]) == (FORWARD, b"192.0.2.1")


def test_a_place_may_want_it_alone() -> None:
    plan = plan_of(inside(LINES.format(said="<Location /a>\nHostnameLookups On\n</Location>")))
    assert decide(plan, facts_of(plan), head_of("GET", "/")).env[b"RULE"] == b"192.0.2.1"
    made = resume(decide(plan, facts_of(plan), head_of("GET", "/a")), b"a.example")
    assert (made.env[b"CALLED"], made.env[b"RULE"]) == (b"192.0.2.1", b"a.example")


def test_no_client_is_given_the_answer_for_another() -> None:
    plan = plan_of(inside(LINES.format(said="HostnameLookups On")))
    decider = Decider(plan)
    first = resume(decider.decide(facts_of(plan, "192.0.2.1"), head_of("GET", "/")), b"a.example")
    again = decider.decide(facts_of(plan, "192.0.2.1"), head_of("GET", "/"))
    second = decider.decide(facts_of(plan, "192.0.2.2"), head_of("GET", "/"))
    assert (first.env[b"CALLED"], again.env[b"CALLED"]) == (b"a.example", b"a.example")
    assert question(second).subject == b"192.0.2.2"
