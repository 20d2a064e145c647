"""Shell patterns, as apr_fnmatch reads them."""

from __future__ import annotations

import pytest

from evenflow.plan.shell import matches_shell


@pytest.mark.parametrize(
    "pattern, text, inside",
    [
        (b"", b"", True),
        (b"", b"a", False),
        (b"*", b"", True),
        (b"*", b"a/b", True),
        (b"a*c", b"abbc", True),
        (b"a*c", b"abbcd", False),
        (b"a*b*c", b"aXbYbZc", True),
        (b"?", b"", False),
        (b"?b", b"ab", True),
        (b"[a-c]x", b"bx", True),
        (b"[!a-c]x", b"bx", False),
        (b"[^a-c]x", b"dx", True),
        (b"[]]", b"]", True),
        (b"[a", b"[a", True),
        (b"\\*", b"*", True),
        (b"\\*", b"a", False),
        (b"A", b"a", False),
    ],
)
def test_a_pattern_covers_the_whole_text(pattern: bytes, text: bytes, inside: bool) -> None:
    assert matches_shell(pattern, text, False, False) is inside


@pytest.mark.parametrize(
    "pattern, text, inside",
    [
        (b"/a/*", b"/a/b", True),
        (b"/a/*", b"/a/b/c", False),
        (b"/a/*/c", b"/a/b/c", True),
        (b"/a?b", b"/a/b", False),
        (b"/a[/]b", b"/a/b", False),
        (b"/*b/c", b"/ab/c", True),
    ],
)
def test_a_slash_has_to_be_written(pattern: bytes, text: bytes, inside: bool) -> None:
    assert matches_shell(pattern, text, True, False) is inside


def test_in_any_case() -> None:
    assert matches_shell(b"*.Example.COM", b"www.eXample.com", False, True)


def test_many_stars_cost_no_more_than_the_product_of_the_lengths() -> None:
    assert not matches_shell(b"*a" * 200 + b"b", b"a" * 2000, False, False)
