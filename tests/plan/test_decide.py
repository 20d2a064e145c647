"""Decisions as a user meets them: the Markdown cases beside this file, and what is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.plan.decide import MEMO_SIZE, Decider, decide
from evenflow.plan.decision import Step
from evenflow.plan.model import FORWARD
from tests.plan.cases import HERE, Case, check, facts_of, head_of, inside, plan_of, read_cases

BOOKS = sorted(HERE.glob("*.md"))
CASES = [(path.stem, case) for path in BOOKS for case in read_cases(path)]


@pytest.fixture
def root(tmp_path: Path) -> str:
    """A ServerRoot with a small htdocs in it."""
    htdocs = tmp_path / "htdocs"
    (htdocs / "dir").mkdir(parents=True)
    (htdocs / "f.txt").write_text("file\n")
    (htdocs / "dir" / "index.html").write_text("index\n")
    return str(tmp_path)


@pytest.mark.parametrize("book, case", CASES, ids=[f"{book}: {case.title}" for book, case in CASES])
def test_requests_go_where_httpd_sends_them(book: str, case: Case, root: str) -> None:
    wrong = check(case, root)
    assert not wrong, "\n".join(wrong)


def test_the_cases_were_found() -> None:
    assert len(CASES) > 50


def test_an_answer_that_depends_on_the_path_only_is_given_again() -> None:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    decider = Decider(plan)
    facts = facts_of(plan)
    first = decider.decide(facts, head_of("GET", "/x?q=1"))
    assert decider.decide(facts, head_of("GET", "/x?q=2", ("Cookie: a=b",))) is first
    assert decider.decide(facts_of(plan, remote="192.0.2.2"), head_of("GET", "/x")) is first
    assert decider.decide(facts, head_of("GET", "/y")) is not first
    assert decider.decide(facts, head_of("POST", "/x")) is not first
    assert decider.decide(facts, head_of("GET", "/x", host="other.example")) is not first


@pytest.mark.parametrize(
    "looked_at, field",
    [
        ("%{HTTP:Upgrade}", "Upgrade: 1"),
        ("%{HTTP_COOKIE}", "Cookie: 1"),
        ("%{THE_REQUEST}", "X: 1"),
        ("%{QUERY_STRING}", "X: 1"),
        ("%{REMOTE_ADDR}", "X: 1"),
        ("%{TIME_SEC}", "X: 1"),
    ],
)
def test_an_answer_that_depends_on_more_is_not(looked_at: str, field: str) -> None:
    plan = plan_of(
        inside(f"""
        ProxyPass / http://b1/
        RewriteEngine On
        RewriteCond {looked_at} nothing
        RewriteRule ^/asks - [F]
        """)
    )
    decider = Decider(plan)
    facts = facts_of(plan)
    asks = head_of("GET", "/asks?q", (field,))
    assert decider.decide(facts, asks) is not decider.decide(facts, asks)
    # Only paths that meet the rule pay for it.
    plain = head_of("GET", "/plain?q", (field,))
    assert decider.decide(facts, plain) is decider.decide(facts, plain)


def test_only_the_clients_that_may_get_a_remembered_answer() -> None:
    plan = plan_of(inside("ProxyPass / http://b1/\n<Location />\nRequire local\n</Location>"))
    decider = Decider(plan)
    here = facts_of(plan, remote="127.0.0.1")
    away = facts_of(plan, remote="192.0.2.1")
    for _ in range(2):
        assert decider.decide(here, head_of("GET", "/")).kind == FORWARD
        assert decider.decide(away, head_of("GET", "/")).status == 403


def test_the_memory_is_bounded() -> None:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    decider = Decider(plan)
    facts = facts_of(plan)
    first = decider.decide(facts, head_of("GET", "/0"))
    for number in range(1, MEMO_SIZE):
        decider.decide(facts, head_of("GET", f"/{number}"))
    assert decider.decide(facts, head_of("GET", "/0")) is first
    for number in range(MEMO_SIZE, 3 * MEMO_SIZE):
        decider.decide(facts, head_of("GET", f"/{number}"))
    assert decider.decide(facts, head_of("GET", "/0")) is not first


def test_what_is_asked_for_all_the_time_stays_when_the_rest_goes() -> None:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    decider = Decider(plan)
    facts = facts_of(plan)
    hot = decider.decide(facts, head_of("GET", "/hot"))
    for number in range(3 * MEMO_SIZE):
        decider.decide(facts, head_of("GET", f"/{number}"))
        if number % 1000 == 0:
            assert decider.decide(facts, head_of("GET", "/hot")) is hot


def test_a_very_long_path_is_decided_and_forgotten() -> None:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    decider = Decider(plan)
    facts = facts_of(plan)
    long = head_of("GET", "/" + "x" * 5000)
    assert decider.decide(facts, long) is not decider.decide(facts, long)


def test_a_trace_says_who_decided() -> None:
    plan = plan_of(
        inside("""
        RewriteEngine On
        RewriteCond %{REQUEST_URI} !^/app
        RewriteRule ^/(.*) http://b2/$1 [P]
        ProxyPass /app http://b1/app
        """)
    )
    trace: list[Step] = []
    decide(plan, facts_of(plan), head_of("GET", "/app/x"), trace)
    assert [(step.phase, step.origin.line, step.saw, step.result) for step in trace] == [
        ("virtual host", 2, "www.example", "www.example"),
        ("rule", 8, "/app/x", "matches"),
        ("condition", 7, "/app/x", "fails"),
        ("mapping", 9, "/app/x", "http://b1/app/x"),
        ("forward", 9, "/app/x", "http://b1/app/x"),
    ]


@pytest.mark.parametrize("target", ["/%zz", "/../x", "/a%00", "/a%2fb"])
def test_a_bad_path_is_an_answer_and_not_an_exception(target: str) -> None:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    decision = decide(plan, facts_of(plan), head_of("GET", target))
    assert decision.status in (400, 404)
    assert decision.reason
