"""Indexes and fallbacks: the cases are in directories.md; here what a trace tells, and what is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.plan.decide import Decider, decide
from evenflow.plan.decision import Step
from evenflow.plan.model import FILE, FORWARD, REDIRECT
from tests.plan.cases import facts_of, head_of, inside, plan_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "htdocs" / "d").mkdir(parents=True)
    return tmp_path


def test_a_trace_tells_what_was_tried(root: Path) -> None:
    plan = plan_of(inside("DirectoryIndex a.html /app\nProxyPass /app http://b1/"), str(root))
    trace: list[Step] = []
    made = decide(plan, facts_of(plan), head_of("GET", "/d/"), trace)
    assert made.kind == FORWARD
    tried = [step.result for step in trace if step.detail == "tried in its place"]
    assert tried == ["/d/a.html", "/app"]


def test_what_is_on_the_disk_is_looked_up_every_time(root: Path) -> None:
    plan = plan_of(inside("ProxyPass /app http://b1/"), str(root))
    decider = Decider(plan)
    facts = facts_of(plan)
    assert decider.decide(facts, head_of("GET", "/d/")).file.endswith(b"/htdocs/d/")
    (root / "htdocs" / "d" / "index.html").write_text("x")
    made = decider.decide(facts, head_of("GET", "/d/"))
    assert made.kind == FILE and made.file.endswith(b"/htdocs/d/index.html")


def test_an_index_that_is_redirected_to_ends_no_field(root: Path) -> None:
    (root / "htdocs" / "d" / "index.html").write_text("x")
    text = "AliasMatch ^/x/.*/(.*)$ {htdocs}/d/$1\nDirectoryIndexRedirect On".replace("{htdocs}", f"{root}/htdocs")
    plan = plan_of(inside(text), str(root))
    made = decide(plan, facts_of(plan), head_of("GET", "/x/%0d%0aSet-Cookie:a=b/"))
    assert (made.kind, made.status) == (REDIRECT, 302)
    assert made.location == b"http://www.example/x/%0d%0aSet-Cookie:a=b/index.html"
