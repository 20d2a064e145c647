"""Small pieces of Redirect and Alias."""

from __future__ import annotations

import pytest

from evenflow.plan.alias import escape_path, is_url, tidy
from evenflow.plan.decide import decide
from evenflow.plan.decision import Step
from tests.plan.cases import facts_of, head_of, inside, plan_of


@pytest.mark.parametrize(
    "text, escaped",
    [
        (b"http://x/a b", b"http://x/a%20b"),
        (b"http://x/a?b c#d e", b"http://x/a?b c#d e"),
        (b"/a#b?c d", b"/a#b?c d"),
        (b"/\xc3\xbc", b"/%c3%bc"),
    ],
)
def test_only_what_comes_before_query_and_fragment_is_escaped(text: bytes, escaped: bytes) -> None:
    assert escape_path(text) == escaped


@pytest.mark.parametrize("text, url", [(b"http://x", True), (b"mailto:a", True), (b"/a:b", False), (b"foo", False)])
def test_urls(text: bytes, url: bool) -> None:
    assert is_url(text) == url


@pytest.mark.parametrize(
    "name, tidied",
    [
        (b"/a/b", b"/a/b"),
        (b"/a//b/", b"/a/b/"),
        (b"/a/./b/../c", b"/a/c"),
        (b"/../a", b"/a"),
        (b"/a/..", b"/"),
        (b"//", b"/"),
    ],
)
def test_file_names_are_tidied(name: bytes, tidied: bytes) -> None:
    assert tidy(name) == tidied


def test_a_path_that_would_break_the_line_is_no_location() -> None:
    plan = plan_of(inside("RedirectMatch ^/(.*) http://x/?$1"))
    assert decide(plan, facts_of(plan), head_of("GET", "/a%0d%0ab")).status == 500


def test_a_trace_tells_both_ends() -> None:
    plan = plan_of(inside("Redirect /a http://x.example/b"))
    trace: list[Step] = []
    decide(plan, facts_of(plan), head_of("GET", "/a/c?d"), trace)
    (step,) = [step for step in trace if step.phase == "alias"]
    assert (step.origin.line, step.saw, step.result) == (5, "/a/c", "http://x.example/b/c?d")
