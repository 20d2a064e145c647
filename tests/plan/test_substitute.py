"""Which lines of Substitute act, and in which order."""

from __future__ import annotations

from evenflow.origin import NOWHERE
from evenflow.plan.model import Scope
from evenflow.plan.substitute import Part, Substitution, substitutions_of


def part(word: bytes, before: bool | None) -> Part:
    return Part((Substitution(word, None, (b"",), NOWHERE),), before)


def order(*parts: Part) -> bytes:
    scope = Scope()
    scope.substitutes = parts
    return b"".join(line.plain for line in substitutions_of(scope))


def test_what_is_said_further_in_comes_first_unless_it_says_otherwise() -> None:
    assert order(part(b"a", None), part(b"b", None), part(b"c", None)) == b"cba"
    assert order(part(b"a", None), part(b"b", True), part(b"c", None)) == b"abc"
    assert order(part(b"a", True), part(b"b", False), part(b"c", None)) == b"cba"
    assert order(part(b"a", True), Part((), None), part(b"b", None)) == b"ab"
    assert order() == b""
