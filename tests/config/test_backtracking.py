"""What a pattern costs is what the library needs for it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pcre2 import PatternError

from evenflow.config.backtracking import EXPONENTIAL, LINEAR, UNKNOWN, Cost, cost_of
from evenflow.plan.patterns import ANCHORED, CONTEXT, Fault, Pattern, run, translate


@pytest.mark.parametrize(
    "pattern, degree",
    [
        ("^/path/(.*)$", 1),
        ("/path/(.*)", 1),
        (r"\.(gif|jpe?g|png)$", 1),
        (r"(.*)\.php$", 1),
        ("^(.*)/(.*)$", 1),
        ("^/([^/]+)/([^/]+)/?$", 1),
        ("(?i)^/(wiki|confluence)(/.*)?$", 1),
        (r"^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$", 1),
        ("^(?:[^/]+/)*$", 1),
        ("^(?:foo|far)*$", 1),
        ("^(?:a++)+$", 1),
        ("^(?>a+)+$", 1),
        ("^(?!/foo)(.*)$", 1),
        ("^a*b*c*d", 1),
        ("[^/]+$", 2),
        ("^/(.*)/(.*)/(.*)$", 2),
        (r"^([a-z0-9]+[.-])*[a-z0-9]+$", 2),
        (r"(?=.*a)(?=.*b)", 2),
        ("^(.*)/(.*)/(.*)x$", 3),
        ("^.*a.*b.*c", 3),
        ("^a*a*a*a*b", 4),
        ("^(a+)+$", EXPONENTIAL),
        ("(a*)*b", EXPONENTIAL),
        ("^(?:a|a)*$", EXPONENTIAL),
        ("^(?:a|b|ab)*$", EXPONENTIAL),
        ("(?:.*,)*", EXPONENTIAL),
        (r"^(\w+\s*)+:$", EXPONENTIAL),
        ("^(?:a?b?)*c", EXPONENTIAL),
        ("^(?:a?){30}a{30}$", EXPONENTIAL),
        ("^(?i)(?:A|a)*$", EXPONENTIAL),
        ("^(?x: ( \\w+ # words\n ) + )$", EXPONENTIAL),
        ("^(?:[[:alpha:]-]|[^[:^alpha:]])*$", EXPONENTIAL),
        ("((a)*)*x", EXPONENTIAL),
        ("^(?:a+)+", 1),
        ("^(?:a+)+$", EXPONENTIAL),
        ("^/.*?(?:a+)*", 1),
        ("^a*(?:a*)*$", EXPONENTIAL),
        ("a(?R)?b", UNKNOWN),
        ("(?:(?=a)){0,9}", UNKNOWN),
        ("^(?:" + "a|" * 500 + "b)*$", UNKNOWN),
        (".*" * 300, UNKNOWN),
    ],
)
def test_the_degree_is_told(pattern: str, degree: int) -> None:
    assert cost_of(pattern).degree == degree


def test_a_pattern_that_is_tied_to_the_start_is_known() -> None:
    for pattern in ("^a", r"\Aa+b+", "(?:^a|^b).*", ".*a", "(.*)/x", "(^a)", "(?i)^a"):
        assert cost_of(pattern).tied, pattern
    for pattern in ("a", "^a|b", "(?m)^a+b", ".+a", r"(.*)a\1", "(?>.*)a", ".*+a", "x*a", "(?-s).*a", "(?:^a)?b"):
        assert not cost_of(pattern).tied, pattern


def test_case_makes_two_characters_one() -> None:
    assert cost_of("^(?:a|A)*$").degree == LINEAR
    assert cost_of("^(?:a|A)*$", True).degree == EXPONENTIAL


def test_a_cheaper_pattern_is_offered_where_there_is_one() -> None:
    assert cost_of("^(.*)/(.*)/(.*)x$").rewrite == "^([^/]*)/([^/]*)/(.*)x$"
    assert cost_of("^/(a+)+$").rewrite == "^/(a+)$"
    assert cost_of("^/(?:a*)+$").rewrite == "^/(?:a*)$"
    assert cost_of(r"^(\w+\s*)+:$").rewrite == ""


def test_the_guilty_loops_are_named() -> None:
    pattern = "^/(x(a+)+)*$"
    start, end = cost_of(pattern).loops[0]
    assert pattern[start:end] == "(a+)+"
    pattern = "^(.*)/(.*)/(.*)x$"
    assert [pattern[start:end] for start, end in cost_of(pattern).loops] == [".*", ".*", ".*"]


def test_verbs_that_steer_a_search_are_seen() -> None:
    assert cost_of("a(*SKIP)b|.").verbs
    assert not cost_of("(*UTF)a(*FAIL)?").verbs


ATOMS = st.sampled_from(["a", "b", "/", "[ab]", "[^/]", ".", r"\w", "(?=a)", "(?!b)", "$", r"\b"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(st.sampled_from(["(", "(?>", "(?="]), inner).map(lambda parts: f"{parts[0]}{parts[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "++", "{2}", "{1,2}", "{0,9}"])).map(
            lambda parts: f"(?:{parts[0]}){parts[1]}"
        ),
    ),
    max_leaves=7,
)
PIECES = st.sampled_from([b"a", b"b", b"/", b"ab", b"a/", b"ba/", b"aab"])

LENGTH = 240
STEPS = 60
"""For each byte of the subject; a pattern has up to thirty places."""


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["", "^"]), PATTERNS, PIECES, st.sampled_from([b"", b"c", b"/", b"b"]))
def test_what_is_called_linear_takes_so_many_steps_for_each_byte(
    front: str, middle: str, piece: bytes, tail: bytes
) -> None:
    pattern = front + middle + "[cd]$"
    try:
        Pattern(pattern.encode(), False)
    except PatternError:
        return
    cost = cost_of(pattern)
    if cost.degree > 2:
        return
    steps = STEPS * LENGTH ** (cost.degree if cost.tied else cost.degree - 1 or 1)
    code = translate(pattern.encode(), False, steps)
    subject = (piece * LENGTH)[:LENGTH] + b"c" + tail
    for place in range(1 if cost.tied else LENGTH):
        try:
            run(code, subject, len(subject), place, CONTEXT, ANCHORED)
        except Fault as fault:
            raise AssertionError(f"{pattern} on {subject!r}: {fault}") from None


def test_what_nobody_can_read_is_not_judged() -> None:
    assert cost_of("(?C{x)})a(?<=b)*+(?P>n)(?<n>x)").degree == UNKNOWN
    assert cost_of("(" * 240 + "a" + ")" * 240) in (Cost(LINEAR, False), Cost(UNKNOWN, False))


@pytest.mark.parametrize(
    "pattern, starts",
    [
        ("^/path/(.*)$", (b"/path/",)),
        (r"^/a\.b", (b"/a.b",)),
        ("^/é", ("/é".encode(),)),
        ("^/(?:de|en)/x*y", (b"/de/", b"/en/")),
        ("^(/a/.*)$", (b"/a/",)),
        ("^/?a", (b"a", b"/a")),
        ("^/a?b", (b"/b", b"/ab")),
        ("^/a+b", (b"/a",)),
        ("^/a*b", (b"/",)),
        ("^/ab{2}c", (b"/ab",)),
        ("^/a|^/b/(x)+", (b"/a", b"/b/x")),
        ("^/a|b", ()),
        ("/a", ()),
        (".*/a", ()),
        ("^", ()),
        ("^[ab]", ()),
        ("^(?i)/a", (b"/",)),
        (r"^\Q/a.\Eb(c)*", (b"/a.b",)),
        ("^(?!/x)/y(?=z)a(b)*", (b"/ya",)),
        ("(?m)^/a(b)*", ()),
        ("^/a(*ACCEPT)b(c)*", ()),
        ("^(?:|a)b(c)*", (b"b", b"ab")),
        ("^(?:a|ab|a[b-c])d(e)*", (b"abd", b"a")),
    ],
)
def test_the_beginning_of_every_match_is_known(pattern: str, starts: tuple[bytes, ...]) -> None:
    assert sorted(cost_of(pattern).starts) == sorted(starts)


def test_without_regard_to_case_only_what_has_none_is_known() -> None:
    assert cost_of("^/a/b", True).starts == (b"/",)
    assert cost_of("^/1/a*b*c", True).starts == (b"/1/",)
    assert cost_of("^/A/b", True).folded == cost_of("^/A/b").folded == (b"/a/b",)
    assert sorted(cost_of("^(?:WWW|b)[.](x)*", True).folded) == [b"b.", b"www."]
    assert cost_of("^[ab]", True).folded == ()


@settings(max_examples=400, deadline=None)
@given(PATTERNS, st.booleans(), st.lists(PIECES, max_size=3))
def test_whatever_matches_begins_like_that(middle: str, any_case: bool, pieces: list[bytes]) -> None:
    pattern = "^" + middle
    try:
        free = Pattern(pattern.encode(), any_case)
    except PatternError:
        return
    starts = cost_of(pattern, any_case).starts
    match = free.search(b"".join(pieces))
    assert match is None or not starts or b"".join(pieces).startswith(starts)
    folded = cost_of(pattern, any_case).folded
    assert match is None or not folded or b"".join(pieces).lower().startswith(folded)
