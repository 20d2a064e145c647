"""Substitute lines, compiled."""

from __future__ import annotations

from evenflow.plan.decide import decide
from evenflow.plan.substitute import Substitution, substitutions_of
from tests.compiler.said import codes
from tests.plan.cases import facts_of, head_of, inside, plan_of


def lines(text: str, path: str = "/") -> tuple[Substitution, ...]:
    plan = plan_of(inside(text + "\nProxyPass / http://b1/\n"))
    return substitutions_of(decide(plan, facts_of(plan), head_of("GET", path)).scope)


def test_a_text_and_a_pattern() -> None:
    plain, pattern = lines("Substitute s/AB/$1/ni\nSubstitute s/(A)B/$1x\\$0/iq")
    assert (plain.plain, plain.pattern, plain.any_case, plain.pieces) == (b"ab", None, True, (b"$1",))
    assert not plain.quick
    assert pattern.pattern is not None and pattern.pattern.search(b"xab")
    assert (pattern.plain, pattern.pieces, pattern.quick) == (b"", (1, b"x$0"), True)


def test_what_looks_at_where_a_search_begins_is_known() -> None:
    for pattern in ("^a", r"\ba", r"(?<=a)b", "(?<!a)b", r"\Aa", "a|^b", r"a\Kb"):
        assert lines(f"Substitute s/{pattern}/x/")[0].anchored, pattern
    for pattern in ("[^a]b", "a$", r"(?<name>a)", r"a\z", "(?i)a"):
        assert not lines(f"Substitute s/{pattern}/x/")[0].anchored, pattern


def test_sections_in_their_order() -> None:
    text = (
        "Substitute s/a/1/n\n<Location /x>\nSubstitute s/b/2/n\n</Location>\n"
        "<Location /x/y>\nSubstituteInheritBefore On\nSubstitute s/c/3/n\n</Location>\n"
    )
    assert [line.plain for line in lines(text, "/x")] == [b"b", b"a"]
    assert [line.plain for line in lines(text, "/x/y")] == [b"b", b"a", b"c"]


def test_a_pattern_that_is_none_is_told() -> None:
    assert codes("Substitute s/(a/b/\n") == ["pattern-malformed"]


def test_the_length_of_a_line() -> None:
    plan = plan_of(inside("SubstituteMaxLineLength 64k\nProxyPass / http://b1/\n"))
    assert decide(plan, facts_of(plan), head_of("GET", "/")).scope.substitute_length == 65536
