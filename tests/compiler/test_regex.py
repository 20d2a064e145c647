"""PCRE's patterns in Python's words."""

from __future__ import annotations

import pytest

from evenflow.compiler.findings import Refused
from evenflow.compiler.regex import compile_regex, wildcard_regex


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


@pytest.mark.parametrize(
    "pattern, place",
    [
        (r"ab\K", 3),
        (r"\Ga", 1),
        (r"\p{L}", 1),
        (r"a\jb", 2),
        ("(?R)", 1),
        ("a(?1)", 2),
        ("(?|a|b)", 1),
        ("(*UTF8)a", 1),
        ("a(?i)b", 2),
        ("(?m)a", 1),
        ("(?x: a)", 1),
        (r"\x{100}", 1),
        ("[[:nope:]]", 2),
        ("[[:^alpha:]]", 2),
        (r"(a)\12", 4),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_place(pattern: str, place: int) -> None:
    with pytest.raises(Refused) as caught:
        compile_regex(pattern)
    assert caught.value.code == "pattern-not-supported"
    assert f"(character {place} of `{pattern}`)" in caught.value.headline


@pytest.mark.parametrize("pattern", ["(", "a)", "[a", "*a", "a\\", "(?<n>a)(?<n>b)", "[z-a]", r"\c", "(?<=a+)b"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(Refused) as caught:
        compile_regex(pattern)
    assert caught.value.code == "pattern-malformed"
    assert "`" in caught.value.headline


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
    ],
)
def test_wildcards_are_for_the_whole_text(pattern: str, text: bytes, crosses: bool, fits: bool) -> None:
    assert bool(wildcard_regex(pattern, crosses).search(text)) is fits


def test_a_bracket_that_stays_open_is_refused() -> None:
    with pytest.raises(Refused):
        wildcard_regex("/[ab", False)
