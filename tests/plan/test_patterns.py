"""Patterns at run time: what they find, and that no search is without end."""

from __future__ import annotations

import pytest

from evenflow.plan import patterns
from evenflow.plan.patterns import BoundedPattern, Pattern


def test_a_match_has_its_groups_by_number_and_by_name() -> None:
    match = Pattern(rb"(?<first>a+)(x)?(?<last>b+)", False).search(b"-aabb-")
    assert match is not None
    assert match.group() == b"aabb"
    assert match.group(1) == match.group("first") == b"aa"
    assert match.group(2) is None
    assert match.groups() == (b"aa", None, b"bb")
    assert (match.start(), match.end()) == match.span() == (1, 5)
    assert match.span(2) == (-1, -1)
    assert match.start("last") == 3
    assert match.re.groups == 3
    assert list(match.re.groupindex.items()) == [("first", 1), ("last", 3)]
    with pytest.raises(IndexError):
        match.group(4)


def test_case_and_line_ends_are_as_httpd_sets_them() -> None:
    assert Pattern(b"^a.b$", True).search(b"A\nB")
    assert not Pattern(b"a$", False).search(b"a\n")


def test_a_long_subject_is_too_much_for_the_small_stack_and_still_matches() -> None:
    subject = b"ab " * 20000
    match = Pattern(rb"^(?:(a|b)+ ?)+$", False).search(subject)
    assert match is not None and match.end() == len(subject)


ENDLESS = [
    (b"^(a+)+$", b"a" * 40000 + b"b"),
    (b"^(?:a|a)*$", b"a" * 40000 + b"b"),
    (b"(a*)*[bc]$", b"a" * 8000 + b"x"),
    (b"^(.*)/(.*)/(.*)[xy]$", b"x/" * 4000),
    (b"[a-z]*[a-y]*[a-x]*[12]$", b"ab" * 4000 + b"13"),
    (b"(?=[ab]+?[ab]+?[ab]+?[cd])", b"ab" * 4000),
    (b"(?:a?){30}a{30}[bc]", b"a" * 60),
    (rb"(\w+\s*)+[:;]$", b"ab " * 4000 + b":x"),
    (rb"(a*)\1\1\1\1[bc]", b"a" * 8000),
    (rb"(\((?:[^()]|(?1))*\))[xy]", b"(" * 8000),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("source, subject", ENDLESS)
def test_a_search_without_end_is_given_up_and_counted(source: bytes, subject: bytes) -> None:
    patterns.gave_up.clear()
    pattern = BoundedPattern(source, False, tied=source.startswith(b"^"))
    assert pattern.search(subject) is None
    assert patterns.gave_up == {source: 1}
    patterns.gave_up.clear()


@pytest.mark.parametrize(
    "source, subject, span",
    [
        (b"^(a+)+$", b"a" * 40000, (0, 40000)),
        (b"(a+)+b", b"x" * 5000 + b"aab" + b"x", (5000, 5003)),
        (b"^(.*)/(.*)x$", b"/" * 300 + b"x", (0, 301)),
        (b"[a-z]+1$", b"a" * 300 + b"2" + b"b" * 300 + b"1", (301, 602)),
        (b"[a-z]+1$", b"a" * 3000, None),
        (rb"\d+x?$", b"a1", (1, 2)),
        (b"x*$", b"a" * 1000, (1000, 1000)),
    ],
)
def test_within_its_bound_it_finds_what_the_other_finds(
    source: bytes, subject: bytes, span: tuple[int, int] | None
) -> None:
    found = BoundedPattern(source, False, tied=source.startswith(b"^")).search(subject)
    free = Pattern(source, False).search(subject)
    assert (found and found.span()) == (free and free.span()) == span
    assert not patterns.gave_up


def test_what_is_given_up_is_noted_for_so_many_patterns_only() -> None:
    for number in range(patterns.MOST_NOTED + 5):
        patterns.note(b"%d" % number)
    patterns.note(b"0")
    assert len(patterns.gave_up) == patterns.MOST_NOTED
    assert patterns.gave_up[b"0"] == 2
    patterns.gave_up.clear()
