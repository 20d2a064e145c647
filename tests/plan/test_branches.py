"""`<If>` sections: which hold, in which order they merge, and what is remembered."""

from __future__ import annotations

from evenflow.plan import steps
from evenflow.plan.decide import Decider, begin, decide, run
from evenflow.plan.decision import Step
from evenflow.plan.edits import Edit
from tests.plan.cases import facts_of, head_of, inside, plan_of

CHAIN = inside(
    """
<If "%{QUERY_STRING} == 'a'">
    Header set X if
</If>
<ElseIf "%{QUERY_STRING} in {'a', 'b'}">
    Header set X elseif
</ElseIf>
<Else>
    Header set X else
</Else>
<Location /in>
    Header set X location
    <If "true">
        Header set X inner
        <If "%{QUERY_STRING} == 'b'">
            Header set X nested
        </If>
    </If>
    <If "true">
        Header set X second
    </If>
</Location>
ProxyPass / http://b1/
"""
)


def values(text: str, target: str) -> list[bytes]:
    plan = plan_of(text)
    made = decide(plan, facts_of(plan), head_of("GET", target, ()))
    found = []
    for edit in made.scope.onsuccess_edits:
        assert isinstance(edit, Edit)
        found.append(edit.value.literal)
    return [value for value in found if value is not None]


def test_the_first_of_a_chain_that_holds() -> None:
    assert values(CHAIN, "/?a") == [b"if"]
    assert values(CHAIN, "/?b") == [b"elseif"]
    assert values(CHAIN, "/?c") == [b"else"]


def test_sections_merge_first_then_chains_then_what_is_inside_of_them() -> None:
    assert values(CHAIN, "/in?a") == [b"location", b"if", b"inner", b"second"]
    assert values(CHAIN, "/in?b") == [b"location", b"elseif", b"inner", b"second", b"nested"]


def test_a_merged_scope_is_made_once() -> None:
    plan = plan_of(CHAIN)
    facts = facts_of(plan)
    first, second, third = (decide(plan, facts, head_of("GET", target, ())) for target in ("/?a", "/x?a", "/?b"))
    assert first.scope is second.scope
    assert first.scope is not third.scope


def test_a_condition_that_looks_at_the_query_forbids_remembering() -> None:
    plan = plan_of(CHAIN)
    decider = Decider(plan)
    facts = facts_of(plan)
    scopes = {id(decider.decide(facts, head_of("GET", f"/?{query}", ())).scope) for query in ("a", "b", "c")}
    assert len(scopes) == 3


def test_what_a_rule_answers_has_the_branches_already() -> None:
    text = inside(
        """
RewriteEngine On
RewriteRule ^/gone - [G]
<If "%{REQUEST_URI} == '/gone' and -z %{REQUEST_FILENAME}">
    Header always set X early
</If>
"""
    )
    plan = plan_of(text)
    made = decide(plan, facts_of(plan), head_of("GET", "/gone", ()))
    assert made.status == 410
    assert len(made.scope.always_edits) == 1


def test_a_trace_tells_what_was_asked_and_what_met() -> None:
    plan = plan_of(CHAIN)
    trace: list[Step] = []
    run(begin(plan, facts_of(plan), head_of("GET", "/?b", ()), trace))
    told = [(step.saw, step.result) for step in trace if step.phase == steps.EXPRESSION]
    assert ("%{QUERY_STRING} == 'a'", "false") in told
    assert ("%{QUERY_STRING} in {'a', 'b'}", "true") in told


def test_rules_in_a_branch_know_where_they_stand() -> None:
    text = inside(
        """
RewriteEngine On
<If "%{QUERY_STRING} == 'go'">
    RewriteRule ^proxy:http://b1/(.*) http://b2/$1 [P]
</If>
ProxyPass / http://b1/
<Proxy http://b2>
</Proxy>
"""
    )
    plan = plan_of(text)
    facts = facts_of(plan)
    assert decide(plan, facts, head_of("GET", "/x?go", ())).filename == b"proxy:http://b2/x"
    assert decide(plan, facts, head_of("GET", "/x", ())).filename == b"proxy:http://b1/x"
    member = decide(plan, facts, head_of("GET", "/x?go", ())).member
    assert member is not None and member.name == b"http://b2"
