"""Fields of queries and forms as httpd's handler reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.control.manager.parameters import (
    comes_from,
    leading_hundredths,
    leading_number,
    read_fields,
    read_parameters,
)


def test_fields() -> None:
    assert read_fields(b"a=1&b=%3Cx%3E&c&=d&a=2") == {b"a": b"2", b"b": b"<x>", b"c": b""}


def test_a_plus_is_a_plus_and_a_bad_escape_stays() -> None:
    assert read_fields(b"a=b+c%20d&e=%zz") == {b"a": b"b+c d", b"e": b"%zz"}


def test_a_semicolon_separates_nothing() -> None:
    assert read_fields(b"a=1;b=2") == {b"a": b"1;b=2"}


def test_a_get_may_only_select() -> None:
    assert read_parameters(b"GET", b"b=c&w_lf=3&nonce=n&xml=1&w=u", b"b=other") == {
        b"b": b"c",
        b"nonce": b"n",
        b"xml": b"1",
        b"w": b"u",
    }


def test_a_post_speaks_in_its_first_1024_bytes() -> None:
    body = b"b=c&pad=" + b"x" * 1009 + b"&w_lf=50"
    assert read_parameters(b"POST", b"b=query&w_wr=r", body)[b"w_lf"] == b"5"
    assert b"w_wr" not in read_parameters(b"POST", b"b=query&w_wr=r", body)


@pytest.mark.parametrize(
    ("referer", "same"),
    [
        (b"http://wiki.example.com/balancer-manager", True),
        (b"http://wiki.example.com", True),
        (b"https://WIKI.example.com:8443/x", True),
        (b"http://user@wiki.example.com/", True),
        (b"http://wiki.example.com?x", True),
        (b"", False),
        (b"wiki.example.com", False),
        (b"http://other/", False),
        (b"http://other/wiki.example.com", False),
        (b"http://wiki.example.com.evil/", False),
        (b"http://wiki.example.com@evil/", False),
        (b"http://evil#@wiki.example.com/", False),
        (b"http://evil?@wiki.example.com/", False),
        (b"http://evil/@wiki.example.com/", False),
        (b"://wiki.example.com/", False),
    ],
)
def test_where_the_page_was(referer: bytes, same: bool) -> None:
    assert comes_from(referer, b"wiki.example.com") is same


def test_addresses_and_empty_names() -> None:
    assert comes_from(b"http://[::1]:8080/x", b"[::1]")
    assert not comes_from(b"http://[::2]:8080/x", b"[::1]")
    assert not comes_from(b"http:///x", b"")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (b"12", 12),
        (b" 7x", 7),
        (b"x", 0),
        (b"", 0),
        (b"-3", -3),
        (b"+4", 4),
        (b"1_0", 1),
        ("\u0663".encode(), 0),
        (b"9" * 30, 10**18 - 1),
    ],
)
def test_whole_numbers(text: bytes, number: int) -> None:
    assert leading_number(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (b"1", 100),
        (b"1.5", 150),
        (b"2abc", 200),
        (b"2.abc", 200),
        (b"1.999", 199),
        (b"0.5", 50),
        (b".5", 0),
        (b"-1.5", -100),
        (b"1.-5", 100),
    ],
)
def test_hundredths(text: bytes, number: int) -> None:
    assert leading_hundredths(text) == number


@given(st.binary(max_size=40))
def test_any_bytes_are_some_number(text: bytes) -> None:
    assert -(10**18) < leading_number(text) < 10**18
    leading_hundredths(text)
    read_fields(text)
    comes_from(text, text)
