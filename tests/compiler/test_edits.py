"""Compiling Header and RequestHeader; what they do is tested with the plan."""

from __future__ import annotations

import pytest

from evenflow.compiler.edits import compile_format
from evenflow.plan import edits
from tests.compiler.said import codes, complaints


def test_formats() -> None:
    assert compile_format("a%%b").literal == b"a%b"
    assert compile_format("").literal == b""
    assert compile_format(r"\q\\").literal == b"\\q\\"
    assert compile_format("%l%i%b").parts == ((edits.LOAD, b""), (edits.IDLE, b""), (edits.BUSY, b""))
    assert compile_format("a%{X}e%t%D").parts == (
        (edits.TEXT, b"a"),
        (edits.ENV, b"X"),
        (edits.BEGAN, b""),
        (edits.TOOK, b""),
    )


@pytest.mark.parametrize(
    "text, code",
    [
        ("Header set X %n", "format-unknown"),
        ("Header set X 100%", "format-unknown"),
        ("Header set X %{A", "format-unknown"),
        ("Header set X %{A}x", "format-unknown"),
        ("Header set X %{SSL_CLIENT_NOTHING}s", "variable-not-supported"),
        (r'Header set X "a\r\nSet-Cookie: b"', "value-malformed"),
        ("Header set X a expr=%{NOPE}", "variable-unknown"),
        ("Header set X expr=%{NOPE}", "variable-unknown"),
        ("RequestHeader set Host a early", "field-not-editable"),
        ('Header set "a b" c', "field-name"),
        ("RequestHeader set Transfer-Encoding chunked", "field-not-editable"),
        ("Header set Content-Length 3", "field-not-editable"),
        ("Header edit X ( b", "pattern-malformed"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    found = complaints(text)
    assert [(diagnostic.severity, diagnostic.code) for diagnostic in found] == [("error", code)]


def test_the_same_line_for_several_hosts_is_said_once() -> None:
    assert codes("Header set X %n\n<Location /a>\nRequire all granted\n</Location>") == ["format-unknown"]
