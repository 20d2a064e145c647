"""Texts in bodies, replaced line by line."""

from __future__ import annotations

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.patterns import BoundedPattern, Pattern
from evenflow.plan.substitute import Substitution
from evenflow.proxy import substituting
from evenflow.proxy.substituting import Substituter, mark_fields
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.headers import Headers


def plain(sought: bytes, text: bytes, *, any_case: bool = False, quick: bool = False) -> Substitution:
    made = Substitution(sought, None, (text,), NOWHERE)
    made.any_case = any_case
    made.quick = quick
    return made


def regex(source: bytes, *pieces: bytes | int, anchored: bool = False, quick: bool = False) -> Substitution:
    made = Substitution(b"", Pattern(source, False), pieces, NOWHERE)
    made.anchored = anchored
    made.quick = quick
    return made


def through(body: bytes, *lines: Substitution, size: int = 0, longest: int = 1000) -> bytes:
    """The body, fed in pieces of that size, or whole."""
    substituter = Substituter(lines, longest)
    step = size or len(body) or 1
    made = [substituter.feed(body[start : start + step]) for start in range(0, len(body), step)]
    return b"".join([*made, substituter.finish()])


BODY = b"one ab\ntwo abab ABc\n\nabc\r\nlast ab"


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7])
def test_however_it_comes_it_is_the_same(size: int) -> None:
    assert through(BODY, plain(b"ab", b"<>"), size=size) == BODY.replace(b"ab", b"<>")
    assert through(BODY, regex(b"(a)(b)", 2, 1), size=size) == BODY.replace(b"ab", b"ba")
    assert through(BODY, plain(b"AB", b"", any_case=False), size=size) == BODY.replace(b"AB", b"")
    assert through(BODY, plain(b"ab", b"", any_case=True), size=size) == BODY.replace(b"ab", b"").replace(b"AB", b"")
    assert through(BODY, size=size) == BODY


def test_a_line_goes_as_soon_as_it_is_whole() -> None:
    substituter = Substituter((plain(b"a", b"b"),), 1000)
    assert substituter.feed(b"a\nxa") == b"b\n"
    assert substituter.flush() == b""
    assert substituter.feed(b"y\na") == b"xby\n"
    assert substituter.finish() == b"b"
    assert substituter.finish() == b""


def test_nothing_is_found_across_lines() -> None:
    assert through(b"a\nb\n", regex(b"a.b", b"x")) == b"a\nb\n"
    assert through(b"a\nb\n", plain(b"a\nb", b"x")) == b"a\nb\n"
    assert through(b"a\nb\n", regex(b"\n", b"|")) == b"a|b|"


def test_each_search_begins_a_line_anew() -> None:
    assert through(b"aab", regex(b"^a", b"", anchored=True)) == b"b"
    assert through(b"abb", regex(b"(?<=a)b", b"x")) == b"axb"


def test_one_line_after_the_other() -> None:
    assert through(b"abe", plain(b"ab", b"cd"), plain(b"cde", b"!")) == b"!"
    assert through(b"abe", plain(b"ab", b"cd", quick=True), plain(b"cde", b"!")) == b"cde"
    assert through(b"abecde", plain(b"ab", b"cd", quick=True), regex(b"cde", b"!"), plain(b"e", b"E")) == b"cdE!"


def test_groups_that_took_no_part_and_that_are_not_there() -> None:
    assert through(b"-a-", regex(b"(a)|(b)", b"[", 1, 2, 3, b"]")) == b"-[a]-"


def test_what_finds_nothing_finds_it_once() -> None:
    """httpd never comes to an end with the last of these."""
    assert through(b"ab", regex(b"$", b"x")) == b"abx"
    assert through(b"ab", regex(b"^", b"x", anchored=True)) == b"xab"
    assert through(b"ab  ", regex(rb"\s*$", b"")) == b"ab"


@pytest.mark.parametrize("size", [0, 1, 7])
def test_a_line_that_is_too_long_ends_it(size: int) -> None:
    with pytest.raises(ProtocolFault, match="SubstituteMaxLineLength"):
        through(b"a" * 11, plain(b"x", b""), size=size, longest=10)
    with pytest.raises(ProtocolFault, match="SubstituteMaxLineLength"):
        through(b"a" * 11 + b"\n", plain(b"a", b""), size=size, longest=10)
    with pytest.raises(ProtocolFault, match="SubstituteMaxLineLength"):
        through(b"aaaaa\n", plain(b"a", b"bbb"), size=size, longest=10)
    with pytest.raises(ProtocolFault, match="SubstituteMaxLineLength"):
        through(b"aaaaa\n", regex(b"a", b"bbb"), size=size, longest=10)
    assert through(b"aaa\n" * 9, plain(b"a", b"bb"), size=size, longest=10) == b"bbbbbb\n" * 9


def test_what_waits_is_bounded() -> None:
    substituter = Substituter((plain(b"x", b""),), 100)
    with pytest.raises(ProtocolFault):
        for _ in range(102):
            substituter.feed(b"a")


def test_a_body_that_costs_too_much_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    costly = Substitution(b"", BoundedPattern(b"(a+)+$", False, False), (b"x",), NOWHERE)
    monkeypatch.setattr(substituting, "BUDGET", 0.0)
    monkeypatch.setattr(substituting, "PER_BYTE", 0.0)
    with pytest.raises(ProtocolFault, match="too long in this body"):
        through(b"aaaaaaaaaaaaaaaaaaaaab\n", costly)


def test_an_etag_stays_and_a_length_goes() -> None:
    fields = Headers([(b"ETag", b'"a"'), (b"Content-Length", b"5"), (b"Content-MD5", b"x")])
    mark_fields(fields)
    assert fields.items == [(b"ETag", b'"a"'), (b"Content-MD5", b"x")]


def test_what_would_become_too_long_is_not_made_first() -> None:
    huge = plain(b"a", b"b" * 100_000)
    with pytest.raises(ProtocolFault, match="SubstituteMaxLineLength"):
        through(b"a" * 1_000_000, huge, longest=1 << 20)
    assert len(through(b"a\n" * 30, huge, longest=1 << 20)) == 30 * 100_001
