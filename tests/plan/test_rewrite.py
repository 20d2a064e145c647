"""The small pieces of mod_rewrite; what whole lists of rules do is in the Markdown cases."""

from __future__ import annotations

import pytest

from evenflow.plan.rewrite import escape_url, leading_number, scheme_end


@pytest.mark.parametrize(
    "text, size",
    [
        (b"http://h/", 7),
        (b"HTTPS://h", 8),
        (b"ws://h", 5),
        (b"balancer://c", 11),
        (b"unix:/s|http://h/", 5),
        (b"mailto:a@b", 7),
        (b"ftp://h/", -6),
        (b"ldap://h/", -7),
        (b"news:x", -5),
        (b"http:/h", 0),
        (b"/http://h", 0),
        (b"proxy:http://h", 0),
        (b"x://h", 0),
        (b"", 0),
    ],
)
def test_what_begins_an_absolute_url(text: bytes, size: int) -> None:
    assert scheme_end(text) == size


@pytest.mark.parametrize(
    "text, number",
    [
        (b"12", 12),
        (b" \t-7x", -7),
        (b"+3", 3),
        (b"x", 0),
        (b"", 0),
        (b"1_0", 1),
        ("٣".encode(), 0),
        (b"9" * 40, 10**19 - 1),
    ],
)
def test_numbers_are_read_as_c_reads_them(text: bytes, number: int) -> None:
    assert leading_number(text) == number


@pytest.mark.parametrize(
    "url, escaped",
    [
        (b"http://h h/a b", b"http://h h/a%20b"),
        (b"http://h", b"http://h"),
        (b"http://h/", b"http://h/"),
        (b"/a b", b"/a%20b"),
        (b"mailto:a b", b"mailto:a%20b"),
        (b"ftp://h/a?b", b"ftp://h/a%3fb"),
    ],
)
def test_only_the_path_of_a_url_is_escaped(url: bytes, escaped: bytes) -> None:
    assert escape_url(url) == escaped
