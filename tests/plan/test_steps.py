"""Every case of this folder, told: whoever decides leaves a note, under a name that is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.plan import steps
from evenflow.plan.decide import PHASES, begin, choose_host, decide
from evenflow.plan.decision import Step
from evenflow.plan.model import ANSWER, FILE, FORWARD, LOCAL, REDIRECT
from tests.plan.cases import HERE, Case, asked, facts_of, head_of, inside, plan_of, read_cases

KINDS = {
    FORWARD: steps.FORWARD,
    REDIRECT: steps.REDIRECT,
    ANSWER: steps.ANSWER,
    LOCAL: steps.LOCAL,
    FILE: steps.FILE,
}
CASES = [(path.stem, case) for path in sorted(HERE.glob("*.md")) for case in read_cases(path)]


@pytest.mark.parametrize("book, case", CASES, ids=[f"{book}: {case.title}" for book, case in CASES])
def test_every_phase_that_decides_leaves_a_note(book: str, case: Case, tmp_path: Path) -> None:
    plan = plan_of(case.text, str(tmp_path))
    for line in case.requests:
        facts, head = asked(plan, line.partition("->")[0])
        trace: list[Step] = []
        inquiry = begin(plan, facts, head, trace)
        made = choose_host(inquiry)
        while made is None and inquiry.restarts <= 10:
            inquiry.restart = False
            for phase in PHASES:
                made = phase(inquiry)
                if made is not None or inquiry.restart:
                    break
            inquiry.restarts += 1
        told: list[Step] = []
        decision = decide(plan, facts, head, told)
        assert told[-1].phase == KINDS[decision.kind], (line, told)
        assert {step.phase for step in told} <= steps.NAMES
        if made is not None:
            assert [repr(step) for step in trace] == [repr(step) for step in told]
            assert trace[-1].origin == made.origin


def test_every_name_is_in_the_list() -> None:
    said = {value for name, value in vars(steps).items() if name.isupper() and isinstance(value, str)}
    assert said == steps.NAMES


def test_the_steps_of_a_rule_are_in_the_order_in_which_it_is_tried() -> None:
    plan = plan_of(
        inside(
            """\
            RewriteEngine On
            RewriteRule ^/other - [F]
            RewriteCond %{HTTP:Upgrade} websocket
            RewriteRule ^/(.*) http://b1/$1 [P,E=KIND:socket]
            ProxyPass / http://b1/
            """
        )
    )
    trace: list[Step] = []
    decide(plan, facts_of(plan), head_of("GET", "/x", ("Upgrade: websocket",)), trace)
    assert [(step.phase, step.saw, step.result) for step in trace] == [
        ("virtual host", "www.example", "www.example"),
        ("rule", "/x", "fails"),
        ("rule", "/x", "matches"),
        ("condition", "websocket", "holds"),
        ("environment", "KIND", "socket"),
        ("rewrite", "/x", "proxy:http://b1/x"),
        ("forward", "/x", "http://b1/x"),
    ]
    assert [step.origin.line for step in trace] == [2, 6, 8, 7, 8, 8, 8]
