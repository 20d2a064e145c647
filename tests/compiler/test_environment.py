"""SetEnvIf lines from text: values with groups, and what is found wrong."""

from __future__ import annotations

import pytest

from evenflow.compiler.environment import groups, is_plain
from tests.plan.cases import built, inside


@pytest.mark.parametrize(
    "value, parts",
    [
        ("", (b"",)),
        ("a", (b"a",)),
        ("$1", (1,)),
        ("a$1b$0", (b"a", 1, b"b", 0)),
        ("\\$1$$2\\", (b"$1$", 2, b"\\")),
        ("&$x", (b"&$x",)),
    ],
)
def test_groups_in_a_value(value: str, parts: tuple[bytes | int, ...]) -> None:
    assert groups(value) == parts


@pytest.mark.parametrize(
    "pattern, plain",
    [("bar", True), ("b\\.r", True), ("b.r", False), ("\\d", False), ("a\\\\b", True), ("^a", False), ("a|b", False)],
)
def test_plain_texts(pattern: str, plain: bool) -> None:
    assert is_plain(pattern) == plain


@pytest.mark.parametrize("line", ["SetEnvIf X ( v", "SetEnvIf ^( a v", "<Location /a>\nBrowserMatch [ v\n</Location>"])
def test_a_pattern_that_cannot_be_compiled_is_a_finding(line: str) -> None:
    made = built(inside(line))
    assert made.plan is None
    assert [one.code for one in made.diagnostics] == ["pattern-malformed"]
