"""A file's name goes to a member."""

from __future__ import annotations

from evenflow.plan import steps
from evenflow.plan.decide import decide
from evenflow.plan.decision import Step
from evenflow.plan.model import FORWARD
from tests.plan.cases import facts_of, head_of, inside, plan_of


def test_the_name_of_the_file_stands_behind_the_url() -> None:
    plan = plan_of(inside('Alias /etc /etc\n<Location /etc>\nSetHandler "proxy:http://b:81/base"\n</Location>\n'))
    trace: list[Step] = []
    made = decide(plan, facts_of(plan), head_of("GET", "/etc/passwd/behind"), trace)
    assert (made.kind, made.path, made.member and made.member.name) == (FORWARD, b"/base/etc/passwd", b"http://b:81")
    assert made.filename == b"proxy:http://b:81/base/etc/passwd"
    assert [step.phase for step in trace][-2:] == [steps.HANDLER, steps.FORWARD]
