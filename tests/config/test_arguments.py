"""Shapes of arguments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.config import arguments
from evenflow.config.diagnostics import Wrong
from evenflow.config.syntax import Span, Word


def word(text: str) -> Word:
    return Word(text, Span("a.conf", 1, 1, max(1, len(text))))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        ("5min", 5),
        ("x", 0),
        ("", 0),
        ("-3x", -3),
        ("+7", 7),
        ("  8", 8),
        ("9" * 30, 2**31 - 1),
        ("٣", 0),
        ("--1", 0),
    ],
)
def test_numbers_are_read_as_c_reads_them(text: str, number: int) -> None:
    assert arguments.c_number(text) == number


@given(st.text())
def test_any_text_is_a_number_to_c(text: str) -> None:
    assert -(2**31) < arguments.c_number(text) < 2**31


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("5", "s", 5.0),
        ("500", "ms", 0.5),
        ("300ms", "s", 0.3),
        ("2s", "ms", 2.0),
        ("2min", "s", 120.0),
        ("1h", "s", 3600.0),
        ("0", "s", 0.0),
    ],
)
def test_durations(text: str, default: str, value: float) -> None:
    assert arguments.duration(default)("x", word(text)) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "5x", "-5", "5.5", "s", "5 s", "5MIN", "٣", "9" * 13])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(Wrong) as caught:
        arguments.duration("s", says="sentence")("x", word(text))
    assert (caught.value.code, caught.value.says) == ("value-malformed", "sentence")


def test_a_duration_may_be_too_short() -> None:
    with pytest.raises(Wrong, match="at least 1 ms"):
        arguments.duration("s", at_least=0.001)("ping", word("0"))


@pytest.mark.parametrize(
    ("least", "most", "text"),
    [(1, 100, "between 1 and 100, not 250"), (None, 100, "at most 100, not 250"), (300, None, "at least 300, not 250")],
)
def test_bounds_are_told_with_what_was_given(least: int | None, most: int | None, text: str) -> None:
    with pytest.raises(Wrong) as caught:
        arguments.number(least, most)("loadfactor", word("250"))
    assert caught.value.headline == f"`loadfactor` must be {text}"


@pytest.mark.parametrize("text", ["On", "on", "ON"])
def test_on(text: str) -> None:
    assert arguments.on_off("KeepAlive", word(text)) is True


@pytest.mark.parametrize(
    ("text", "help"), [("yes", "write `KeepAlive On`"), ("0", "write `KeepAlive Off`"), ("maybe", "")]
)
def test_what_is_neither_on_nor_off(text: str, help: str) -> None:
    with pytest.raises(Wrong) as caught:
        arguments.on_off("KeepAlive", word(text))
    assert (caught.value.says, caught.value.help) == ("KeepAlive must be On or Off", help)


def test_one_of_some_words() -> None:
    read = arguments.one_of("off", "on", "email")
    assert read("ServerSignature", word("EMail")) == "email"
    with pytest.raises(Wrong, match="must be `off`, `on` or `email`, not `x`"):
        read("ServerSignature", word("x"))


def test_key_and_value() -> None:
    pair = arguments.key_value(word("Route=a=b"))
    assert pair is not None
    assert (pair[0], pair[1].text) == ("route", "a=b")
    assert arguments.key_value(word("route")) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://a",
        "HTTPS://a:1/x",
        "ws://[::1]:8091/",
        "balancer://name/path",
        "http://[::1]",
        "http://a:/",
        "http://u@a/",
    ],
)
def test_urls(url: str) -> None:
    assert arguments.proxy_url("ProxyPass", word(url)) == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("a", "url-not-absolute"),
        ("/a", "url-not-absolute"),
        ("http://", "url-not-absolute"),
        ("://a", "url-not-absolute"),
        ("http://a:x/", "url-malformed"),
        ("http://[::1", "url-malformed"),
        ("http://[::1]x/", "url-malformed"),
        ("http://a:0/", "value-out-of-range"),
        ("fcgi://a/", "scheme-not-supported"),
        ("unix:run/a|http://b/", "url-malformed"),
        ("unix:/run/a", "url-malformed"),
    ],
)
def test_what_is_no_url(url: str, code: str) -> None:
    with pytest.raises(Wrong) as caught:
        arguments.proxy_url("ProxyPass", word(url))
    assert caught.value.code == code


def test_shapes_say_their_syntax() -> None:
    assert arguments.syntax_of(arguments.flag) == "On|Off"
    assert arguments.syntax_of(arguments.one(arguments.number(1))) == "NUMBER"
    assert arguments.syntax_of(arguments.one(arguments.seconds())) == "SECONDS"
    assert arguments.syntax_of(arguments.one(arguments.duration("s"))) == "NUMBER[ms|s|min|h]"
    assert arguments.syntax_of(arguments.one(arguments.one_of("off", "on", "email"))) == "Off|On|Email"
    assert arguments.syntax_of(arguments.raw) == ""
