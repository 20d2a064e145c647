"""Diagnostics as values."""

from __future__ import annotations

from evenflow.config.diagnostics import ERROR, WARNING, Label, Wrong, error, warning
from evenflow.config.syntax import Span

HERE = Span("a.conf", 3, 5, 4)
THERE = Span("a.conf", 1, 1, 2)


def test_the_place_is_the_first_primary_label() -> None:
    one = warning("x", "text", HERE, also=(Label(THERE, "there", primary=False),))
    assert (one.severity, one.span) == (WARNING, HERE)
    assert error("x", "text", None).span is None
    assert error("x", "text", None, also=(Label(THERE, "", primary=False),)).span == THERE


def test_empty_notes_are_left_out() -> None:
    assert error("x", "text", HERE, notes=("", "a")).notes == ("a",)


def test_a_wrong_argument_becomes_an_error_at_its_word_or_the_whole() -> None:
    at_word = Wrong("x", "text", HERE, says="No.", note="why", help="what").diagnostic(THERE)
    assert (at_word.severity, at_word.span, at_word.help) == (ERROR, HERE, "what")
    assert at_word.notes == ("why", "httpd says: No.")
    assert Wrong("x", "text").diagnostic(THERE).span == THERE
