"""Substitutions: what is put in, and what is escaped."""

from __future__ import annotations

import re

import pytest

from evenflow.compiler.template import compile_escaping, compile_template
from evenflow.plan.decision import FIELDS, NOTHING, Inquiry
from evenflow.plan.template import Template, brings_question_mark, expand, pieces
from tests.plan.cases import facts_of, head_of, inside, plan_of


def template(text: str) -> Template:
    return compile_template(text, lambda code, headline, help: None)


def inquiry() -> Inquiry:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    made = Inquiry(plan, facts_of(plan), head_of("GET", "/p", ("X: a?b",)), plan.hosts[0], None)
    made.path = b"/p"
    made.rule_match = re.search(b"(a)(x)?", b"ba")
    made.condition_match = re.search(b"(c.)", b"c d")
    return made


@pytest.mark.parametrize(
    "text, expanded",
    [
        ("plain", b"plain"),
        ("", b""),
        ("$0$1", b"aa"),
        ("[$2][$3][$9]", b"[][][]"),
        ("%0%1%2", b"c c "),
        ("%{REQUEST_URI}x%{HTTP:x}", b"/pxa?b"),
        (r"\$1\%0\\ \x", b"$1%0\\ x"),
        ("100% $ %", b"100% $ %"),
        ("%{open", b"%{open"),
        ("${map:$1|%{REQUEST_URI}}z", b"/pz"),
        ("${map:$1|}z", b"z"),
        ("${map:$1}z", b"z"),
        ("${map}z", b"${map}z"),
        ("\\", b"\\"),
        ("é$1", "éa".encode()),
    ],
)
def test_expansion(text: str, expanded: bytes) -> None:
    assert expand(template(text), inquiry()) == expanded


def test_nothing_has_matched() -> None:
    one = inquiry()
    one.rule_match = one.condition_match = None
    assert expand(template("[$0%1]"), one) == b"[]"


def test_only_groups_are_escaped() -> None:
    escaping = compile_escaping(None, "", False, True)
    assert expand(template("/ %1 %{HTTP:X}"), inquiry(), escaping) == b"/ c+ a?b"
    assert expand(template("/ %1"), inquiry(), None) == b"/ c "
    assert expand(template("/ "), inquiry(), escaping) == b"/ "


def test_what_is_put_in_says_what_it_depends_on() -> None:
    one = inquiry()
    expand(template("%{REQUEST_URI}$1"), one)
    assert one.asked == NOTHING
    expand(template("%{HTTP:X}"), one)
    assert one.asked == FIELDS


def brings(text: str, last: bool = False) -> bool:
    made = template(text)
    return brings_question_mark(made, pieces(made, inquiry(), None), last)


@pytest.mark.parametrize(
    "text, brought",
    [("/a?b", False), ("/%{HTTP:X}", True), ("/x?y=%{HTTP:X}", False), ("/%{HTTP:X}?y", True), ("/$1", False)],
)
def test_who_wrote_the_question_mark(text: str, brought: bool) -> None:
    assert brings(text) is brought


def test_under_qsl_the_last_question_mark_counts() -> None:
    assert brings("/x?y=%{HTTP:X}", last=True)
    assert not brings("/%{HTTP:X}?y", last=True)
