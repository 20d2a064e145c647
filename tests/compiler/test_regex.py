"""Patterns mean what they mean to httpd."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenflow.compiler.findings import Refused
from evenflow.compiler.regex import compile_regex, wildcard_regex
from evenflow.origin import Origin
from evenflow.plan import patterns
from evenflow.plan.patterns import BoundedPattern, Pattern
from tests.compiler import pcre

needs_library = pytest.mark.skipif(pcre.LIBRARY is None, reason="libpcre2-8 is not on this machine")


@pytest.mark.parametrize(
    "pattern, text, found",
    [
        ("a$", b"a", b"a"),
        ("a$", b"a\n", None),
        (r"a\$", b"a$", b"a$"),
        ("[$]", b"a$", b"$"),
        (r"a\Z", b"a\n", b"a"),
        (r"a\z", b"a\n", None),
        (r"\Aa", b"ba", None),
        ("a.c", b"a\nc", b"a\nc"),
        ("é", "é".encode(), "é".encode()),
        ("[[:alpha:]]+", b"12ab", b"ab"),
        ("[^[:space:]/]+", b"/ab c", b"ab"),
        ("[]a]+", b"x]a", b"]a"),
        ("[^]a]+", b"]ax", b"x"),
        ("[a[b]+", b"x[b", b"[b"),
        ("[a&&b]+", b"&", b"&"),
        (r"[\w.-]+", b"/a-b.c", b"a-b.c"),
        (r"[\h]", b"a\tb", b"\t"),
        (r"\h\H", b"a b", b" b"),
        (r"a\Rb", b"a\r\nb", b"a\r\nb"),
        (r"\N+", b"ab\nc", b"ab"),
        (r"\e", b"\x1b", b"\x1b"),
        (r"\x41\x{42}\o{103}\x", b"ABC\0", b"ABC\0"),
        (r"\cA", b"\x01", b"\x01"),
        (r"\Qa.b\Ec", b"a.bc", b"a.bc"),
        (r"\Qa.b", b"a.b", b"a.b"),
        (r"\/\-\ \"\%", b'/- "%', b'/- "%'),
        ("a{,2}", b"a{,2}", b"a{,2}"),
        ("a{1,2}", b"aaa", b"aa"),
        ("a{x", b"a{x", b"a{x"),
        ("(?<n>a)(?'m'b)\\k<n>\\k{m}", b"abab", b"abab"),
        (r"(a)\g1\g{1}\1", b"aaaa", b"aaaa"),
        ("(?i)ab", b"AB", b"AB"),
        ("((?i)a|b)c", b"Bc", b"Bc"),
        ("((?i)a|b)c", b"BC", None),
        ("(?i:a)b", b"Ab", b"Ab"),
        ("(?i:a)b", b"AB", None),
        ("(?-i)a", b"A", None),
        ("(?#remark)(?i)a", b"A", b"A"),
        ("(?>a+)b", b"aab", b"aab"),
        ("a++b", b"aab", b"aab"),
        ("(?!x)(?=a)(?<=b)a", b"ba", b"a"),
        ("(a)?(?(1)b|c)", b"c", b"c"),
        ("a)|(b", b"b", None),
    ],
)
def test_a_pattern_finds(pattern: str, text: bytes, found: bytes | None) -> None:
    if pattern == "a)|(b":
        with pytest.raises(Refused):
            compile_regex(pattern)
        return
    match = compile_regex(pattern).search(text)
    assert (match.group() if match else None) == found


def test_case_is_ignored_where_it_is_said() -> None:
    assert compile_regex("^websocket$", any_case=True).search(b"WebSocket")
    assert not compile_regex("^websocket$").search(b"WebSocket")


# What people write, and what they could have written: the library that httpd uses must say the same.
WRITTEN = [
    (r"ab\Kc", b"xabc"),
    (r"\Ga", b"ba"),
    (r"a\Gb", b"ab"),
    (r"\p{L}+\P{Lu}", b"1ab\xe9"),
    (r"\X", b"\r\n"),
    (r"\Cx", b"ax"),
    (r"(\((?:[^()]|(?1))*\))$", b"x(a(b)c)"),
    (r"^(?<n>a|b(?&n)c)$", b"bbacc"),
    ("(?|x(a)|y(b))c", b"ybc"),
    ("(?<n>a)|(?<n>b)", b"b"),
    ("(?<n>a)?(?(<n>)b|c)", b"ab"),
    ("(?(?=a)ab|c)", b"ab"),
    ("(?(DEFINE)(?<byte>2[0-4]\\d|25[0-5]|1?\\d?\\d))^(?&byte)(?:\\.(?&byte)){3}$", b"192.168.1.255"),
    ("a(?i)b|c", b"aB"),
    ("(?m)^b$", b"a\nb\nc"),
    ("(?m)^", b"\n"),
    ("(?-s).+", b"a\nb"),
    ("(?x: a b # text\n c)", b"abc"),
    ("(?U)a+", b"aaa"),
    ("(?J)(?<n>a)(?<n>b)", b"ab"),
    ("(*UTF)\\x{e9}", "é".encode()),
    ("(*UTF)a", b"\xffa"),
    ("(*UTF8)a", b"a"),
    ("(*ANYCRLF)(?m)^b", b"a\rb"),
    ("a(*SKIP)b|.", b"ac"),
    ("a(*COMMIT)b", b"acab"),
    ("(?C1)a(?C'x')", b"a"),
    ("[[:^alpha:]]", b"a1"),
    (r"(a)\12", b"a\n"),
    (r"\x", b"\0"),
    (r"\xg", b"\0g"),
    (r"a{ 1 }", b"a{ 1 }"),
    (r"[{,2}]{,2}", b"{{,2}"),
    (r"a\Q{,2}\E", b"a{,2}"),
    ("(?<=a|bc)d", b"bcd"),
    (r"\ba\B", b"a ab"),
    ("a?+a", b"a"),
    ("(?>a*)a", b"aa"),
    ("(a*)*", b"aab"),
    ("(a|b*)*", b"aab"),
    ("(?:(a)|b)*", b"ab"),
    ("(?:(a)|(b))*", b"ab"),
    ("(a)?b|ac", b"ac"),
    ("(?!(a)b)(a)", b"ac"),
    ("(?=(a))ab", b"ab"),
    (r"(?i)\xe9", b"\xc9"),
    (r"\w", b"\xe9"),
    (r"\h", b"\xa0"),
    ("[é]", b"\xa9"),
    ("a++b|c{2,3}?", b"ccc"),
    ("^(?:/(?:de|en)(/.*)?)?$", b"/de/x"),
]


def same(pattern: str, subject: bytes, any_case: bool = False) -> bool:
    """Whether both find the same, or both find nothing to be found; the library's own error is no match."""
    right = pcre.spans(pattern.encode(), subject, any_case)
    match = compile_regex(pattern, any_case).search(subject)
    if right is None or isinstance(right, int):
        return match is None
    if match is None:
        return False
    found = [match.span(group) for group in range(match.re.groups + 1)]
    return found == [span or (-1, -1) for span in right] + [(-1, -1)] * (len(found) - len(right))


@needs_library
@pytest.mark.parametrize("pattern, subject", WRITTEN)
def test_whatever_is_a_pattern_for_httpd_finds_the_same(pattern: str, subject: bytes) -> None:
    assert same(pattern, subject)


ATOMS = st.sampled_from(
    ["a", "b", "/", ".", "-", "[ab]", "[^/]", "\\d", "\\w", "\\.", "[[:alpha:]-]", "1", "\\b", "^", "$", "\\1",
     "\\Qa.\\E", "\\x61", "(?i)", "\\K", "\\h", "\\R", "\\A", "\\Z", "\\z", "{", "a{,2}"]
)  # fmt: skip
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(st.sampled_from(["(", "(?:", "(?=", "(?!", "(?>", "(?i:", "(?<n>", "(?|"]), inner).map(
            lambda parts: f"{parts[0]}{parts[1]})"
        ),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "+?", "??", "++", "{2}", "{1,2}", "{0,3}?"])).map(
            lambda parts: f"(?:{parts[0]}){parts[1]}"
        ),
    ),
    max_leaves=8,
)
SUBJECTS = st.lists(st.sampled_from([b"a", b"b", b"A", b"/", b".", b"1", b"-", b"\n", b"{,2}", b" "]), max_size=10)


@needs_library
@settings(max_examples=400, deadline=None)
@given(PATTERNS, SUBJECTS, st.booleans())
def test_any_pattern_finds_the_same(pattern: str, pieces: list[bytes], any_case: bool) -> None:
    try:
        pcre.spans(pattern.encode(), b"", any_case)
    except ValueError:
        return
    assert same(pattern, b"".join(pieces), any_case)


@pytest.mark.parametrize(
    "pattern", ["(", "a)", "[a", "*a", "a\\", "[z-a]", r"\c", "(?<=a+)b", r"a\jb", r"\x{100}", "[[:nope:]]", r"\2(a)"]
)
def test_what_is_no_pattern_is_refused_with_its_place(pattern: str) -> None:
    with pytest.raises(Refused) as caught:
        compile_regex(pattern)
    refused = caught.value
    assert refused.code == "pattern-malformed"
    assert f"`{pattern}` is not a regular expression" in refused.headline
    assert refused.notes[0] == "  " + pattern
    assert refused.notes[1].endswith("^")


def test_the_place_counts_characters_as_they_were_written() -> None:
    with pytest.raises(Refused) as caught:
        compile_regex("é{,3}é[z-a]")
    assert caught.value.notes == ("  é{,3}é[z-a]", "            ^")


@pytest.mark.parametrize(
    "pattern, text, crosses, fits",
    [
        ("/g/*/z", b"/g/q/z", False, True),
        ("/g/*/z", b"/g/q/r/z", False, False),
        ("/g/*/z", b"/g/q/r/z", True, True),
        ("/g/?", b"/g//", False, False),
        ("/[ab]", b"/a", False, True),
        ("/[!ab]", b"/c", False, True),
        ("/[!ab]", b"//", False, False),
        ("/[^ab]", b"/a", False, False),
        (r"/\*", b"/*", False, True),
        (r"/\*", b"/a", False, False),
        ("/a.c", b"/abc", False, False),
        ("*", b"balancer://c/x", True, True),
        ("/a", b"/a\n", False, False),
        ("*a*b*", b"xbab", True, True),
        ("*a*b", b"abab", True, True),
        ("*ab?[c]*d", b"xabxabycd", True, True),
        ("*a/*b", b"xaya/zb", False, True),
        ("**/c", b"ab/c", False, True),
    ],
)
def test_wildcards_are_for_the_whole_text(pattern: str, text: bytes, crosses: bool, fits: bool) -> None:
    assert bool(wildcard_regex(pattern, crosses).search(text)) is fits


def test_a_bracket_that_stays_open_is_refused() -> None:
    with pytest.raises(Refused):
        wildcard_regex("/[ab", False)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(.*)/(.*)/(.*)x$", "[^/]+$", "(?:(?R)|a)+b"])
def test_what_may_backtrack_without_end_is_bounded(pattern: str) -> None:
    assert isinstance(compile_regex(pattern), BoundedPattern)


@pytest.mark.parametrize("pattern", ["^/path/(.*)$", r"\.(gif|png)$", "^/([^/]+)/([^/]+)$", "(.*)"])
def test_what_does_not_runs_free(pattern: str) -> None:
    assert not isinstance(compile_regex(pattern), BoundedPattern)


@pytest.mark.timeout(60)
def test_an_endless_search_comes_to_an_end() -> None:
    assert compile_regex("^(a+)+$").search(b"a" * 20000 + b"-" + b"a" * 20000) is None
    assert compile_regex("^(.*)/(.*)/(.*)x$").search(b"/x" * 4000 + b"y") is None
    assert wildcard_regex("*a*a*a*a*b", True).search(b"a" * 8000) is None
    patterns.gave_up.clear()


def test_what_cannot_be_bounded_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        compile_regex("^(a+)+(*SKIP)b")
    assert caught.value.code == "pattern-not-supported"
    assert compile_regex("^a+(*SKIP)b").search(b"aab")


def read(pattern: str, reads: str | None) -> Pattern:
    return compile_regex(pattern, origin=Origin("a.conf", 1, "", reads=reads))


def test_a_pattern_is_read_as_its_place_says() -> None:
    assert read("^ab$", "i").search(b"AB") and not read("^ab$", "sd").search(b"AB")
    assert read("a.b", "s").search(b"a\nb") and not read("a.b", "d").search(b"a\nb")
    assert read("a$", "").search(b"a\n") and not read("a$", "d").search(b"a\n")
    assert not read("a$", None).search(b"a\n") and read("a.b", None).search(b"a\nb")


def test_a_bounded_pattern_is_read_as_its_place_says() -> None:
    free = read("^(?:a|A)*$", "d")
    bounded = read("^(?:a|A)*$", "id")
    assert not isinstance(free, BoundedPattern) and isinstance(bounded, BoundedPattern)
    assert bounded.search(b"aAa")
    assert isinstance(read("^(a+)+.b$", "d"), BoundedPattern)
    assert not read("^(a+)+.b$", "d").search(b"aa\nb") and read("^(a+)+.b$", "s").search(b"aa\nb\n")
