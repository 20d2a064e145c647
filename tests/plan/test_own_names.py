"""UseCanonicalName DNS: what our own address is called."""

from __future__ import annotations

import pytest

from evenflow.plan import steps
from evenflow.plan.decide import Decider, decide, resume
from evenflow.plan.decision import Step
from evenflow.plan.model import ASK, REDIRECT
from evenflow.plan.questions import NAME, OVERLOADED, Question
from tests.plan.cases import facts_of, head_of, inside, plan_of

LINES = "Redirect /moved /there\nUseCanonicalName DNS\n<Location /off>\nUseCanonicalName Off\n</Location>\n"


def test_it_is_asked_before_anybody_looks_at_it() -> None:
    plan = plan_of(inside(LINES))
    facts, trace = facts_of(plan), list[Step]()
    asked = decide(plan, facts, head_of("GET", "/moved"), trace)
    assert asked.kind == ASK and isinstance(asked.question, Question)
    assert asked.question.key == (NAME, facts.local_address)
    made = resume(asked, b"front.example")
    assert (made.kind, made.location) == (REDIRECT, b"http://front.example/there")
    assert "front.example" in [step.result for step in trace if step.phase == steps.OWN_NAME]
    again = decide(plan, facts, head_of("GET", "/moved"))
    assert again.location == made.location, "a connection is asked about once"


@pytest.mark.parametrize("answer", [b"", OVERLOADED])
def test_without_a_name_servername_stands_for_it(answer: object) -> None:
    plan = plan_of(inside(LINES))
    made = resume(decide(plan, facts_of(plan), head_of("GET", "/moved")), answer)
    assert made.location == b"http://www.example/there"


def test_a_place_may_say_otherwise() -> None:
    place = "<Location /dns>\nUseCanonicalName DNS\nRedirect /there\n</Location>\n"
    plan = plan_of(inside(place + "Redirect /off /there\n"))
    assert decide(plan, facts_of(plan), head_of("GET", "/off")).kind == REDIRECT
    made = resume(decide(plan, facts_of(plan), head_of("GET", "/dns")), b"front.example")
    assert made.location == b"http://front.example/there"


def test_no_connection_is_given_the_answer_for_another() -> None:
    plan = plan_of(inside(LINES))
    decider = Decider(plan)
    first = resume(decider.decide(facts_of(plan), head_of("GET", "/moved")), b"one.example")
    other = facts_of(plan)
    other.local_address = b"192.0.2.77"
    second = resume(decider.decide(other, head_of("GET", "/moved")), b"two.example")
    assert (first.location, second.location) == (b"http://one.example/there", b"http://two.example/there")
