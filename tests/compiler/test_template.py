"""Compiling substitutions; what they expand to is tested with the plan."""

from __future__ import annotations

import pytest

from evenflow.compiler.findings import Refused
from evenflow.compiler.template import closing_brace, compile_escaping, compile_template
from evenflow.plan.template import CONDITION_GROUP, LITERAL, RULE_GROUP, VARIABLE


def compiled(text: str) -> tuple[list[tuple[int, bytes, int]], list[str]]:
    warned: list[str] = []
    template = compile_template(text, lambda code, headline, help: warned.append(code))
    return [(part.kind, part.text, part.number) for part in template.parts], warned


def test_parts() -> None:
    assert compiled("a$1b%2%{HTTP:X-Y}") == (
        [
            (LITERAL, b"a", 0),
            (RULE_GROUP, b"", 1),
            (LITERAL, b"b", 0),
            (CONDITION_GROUP, b"", 2),
            (VARIABLE, b"x-y", 0),
        ],
        [],
    )


def test_text_alone_needs_no_expansion() -> None:
    assert compile_template(r"/a\%b", lambda *_: None).literal == b"/a%b"
    assert compile_template("", lambda *_: None).literal == b""
    assert compile_template("$1", lambda *_: None).literal is None


@pytest.mark.parametrize(
    "text, warned",
    [
        ("%{NOPE}", ["variable-unknown"]),
        ("%{HTTP:}", ["variable-unknown"]),
        ("${m:k}", ["map-undefined"]),
        ("%{time}", []),
    ],
)
def test_what_is_always_empty_is_said(text: str, warned: list[str]) -> None:
    assert compiled(text)[1] == warned


def test_what_cannot_be_looked_up_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        compiled("%{SSL:SSL_CLIENT_NOTHING}")
    assert caught.value.code == "variable-not-supported"


def test_braces_nest() -> None:
    assert closing_brace("%{a{b}c}d", 2) == 7
    assert closing_brace("%{a{b}", 2) == -1


@pytest.mark.parametrize(
    "only, exempt, controls, plus, escaped",
    [
        (None, "", False, True, b"a_%2fb+%3f%c3"),
        (None, "", False, False, b"a_%2fb%20%3f%c3"),
        (None, "/?", False, True, b"a_/b+?%c3"),
        ("?", "", False, True, b"a_/b %3f\xc3"),
        (None, "", True, True, b"a_/b+?\xc3"),
    ],
)
def test_escaping(only: str | None, exempt: str, controls: bool, plus: bool, escaped: bytes) -> None:
    assert compile_escaping(only, exempt, controls, plus).apply(b"a_/b ?\xc3") == escaped
