"""SetEnvIf's lines: what a trace tells of them, and what a child remembers although they look at fields."""

from __future__ import annotations

from evenflow.plan.decide import MEMO_KEY, MEMO_SIZE, Decider, decide
from evenflow.plan.decision import Step
from tests.plan.cases import facts_of, head_of, inside, plan_of

LINES = """
BrowserMatch MSIE old
SetEnvIf Request_URI ^/a a
SetEnv fixed 1
ProxyPass / http://b1/
"""


def test_a_trace_names_the_line_behind_each_variable() -> None:
    plan = plan_of(inside(LINES))
    trace: list[Step] = []
    decide(plan, facts_of(plan), head_of("GET", "/a", ("User-Agent: MSIE 4",)), trace)
    told = [(step.origin.line, step.saw, step.result, step.detail) for step in trace if step.phase == "environment"]
    assert told == [
        (6, "old", "1", "user-agent is `MSIE 4`"),
        (7, "a", "1", "request_uri is `/a`"),
        (8, "fixed", "1", ""),
    ]


def test_requests_that_set_the_same_variables_share_an_answer() -> None:
    plan = plan_of(inside(LINES))
    decider = Decider(plan)
    facts = facts_of(plan)
    first = decider.decide(facts, head_of("GET", "/", ("User-Agent: curl/8",)))
    assert first.env == {b"fixed": b"1"}
    assert decider.decide(facts, head_of("GET", "/", ("User-Agent: wget",))) is first
    assert decider.decide(facts, head_of("GET", "/")) is first
    old = decider.decide(facts, head_of("GET", "/", ("User-Agent: MSIE 4",)))
    assert old.env == {b"fixed": b"1", b"old": b"1"}
    assert decider.decide(facts, head_of("GET", "/", ("User-Agent: MSIE 5",))) is old
    assert decider.decide(facts, head_of("GET", "/")) is first


def test_each_virtual_host_has_its_own_lines() -> None:
    plan = plan_of(
        """
        Listen 8000
        <VirtualHost *:8000>
            ServerName a.example
            SetEnvIf X-A . a
            ProxyPass / http://b1/
        </VirtualHost>
        <VirtualHost *:8000>
            ServerName b.example
            SetEnvIf X-B . b=$0
            SetEnvIf Remote_Addr . seen
            ProxyPass / http://b1/
        </VirtualHost>
        <VirtualHost *:8000>
            ServerName c.example
            ProxyPass / http://b1/
        </VirtualHost>
        """
    )
    decider = Decider(plan)
    facts = facts_of(plan)
    fields = ("X-A: 1", "X-B: 2")
    for _ in range(2):
        assert decider.decide(facts, head_of("GET", "/", fields, host="a.example")).env == {b"a": b"1"}
        assert decider.decide(facts, head_of("GET", "/", fields, host="b.example")).env == {b"b": b"2", b"seen": b"1"}
        assert decider.decide(facts, head_of("GET", "/", fields, host="c.example")).env == {}


def test_what_cannot_be_asked_cheaply_is_decided_anew() -> None:
    plan = plan_of(inside("SetEnvIf ^X- . x\nProxyPass / http://b1/"))
    decider = Decider(plan)
    facts = facts_of(plan)
    for _ in range(2):
        assert decider.decide(facts, head_of("GET", "/", ("X-A: 1",))).env == {b"x": b"1"}
        assert decider.decide(facts, head_of("GET", "/")).env == {}


def test_a_section_s_line_that_looks_at_a_field_is_asked_every_time() -> None:
    plan = plan_of(inside("<Location /in>\nSetEnvIf X-A . x\n</Location>\nProxyPass / http://b1/"))
    decider = Decider(plan)
    facts = facts_of(plan)
    for _ in range(2):
        assert decider.decide(facts, head_of("GET", "/in", ("X-A: 1",))).env == {b"x": b"1"}
        assert decider.decide(facts, head_of("GET", "/in")).env == {}
    plain = head_of("GET", "/")
    assert decider.decide(facts, plain) is decider.decide(facts, plain)


def test_what_a_client_makes_up_does_not_fill_the_memory() -> None:
    plan = plan_of(inside("SetEnvIf X-A (.*) x=$1\nProxyPass / http://b1/"))
    decider = Decider(plan)
    facts = facts_of(plan)
    for number in range(3 * MEMO_SIZE):
        assert decider.decide(facts, head_of("GET", "/", (f"X-A: {number}",))).env == {b"x": b"%d" % number}
    (early,) = [memo for memo in decider.early_memos.values() if memo is not None]
    assert len(early.young) + len(early.old) <= 2 * MEMO_SIZE
    assert len(early.outcomes) <= MEMO_SIZE
    long = head_of("GET", "/", ("X-A: " + "x" * (MEMO_KEY + 1),))
    assert decider.decide(facts, long) is not decider.decide(facts, long)
