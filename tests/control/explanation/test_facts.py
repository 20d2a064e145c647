"""Bytes become text, statements become places."""

from __future__ import annotations

from evenflow.control.explanation.facts import bracketed, pairs, place, place_of_last, step_as_object, switch, text
from evenflow.origin import NOWHERE, Origin
from evenflow.plan.decision import Step

LINE = Origin("a.conf", 3, "ProxyPass / http://a/")


def test_every_byte_is_one_character() -> None:
    assert text(bytes(range(256))).encode("latin-1") == bytes(range(256))
    assert pairs([(b"A", b"\xff"), (b"A", b"")]) == [["A", "\xff"], ["A", ""]]


def test_a_place_is_a_line_that_somebody_wrote() -> None:
    assert place(LINE) == {"file": "a.conf", "line": 3, "text": "ProxyPass / http://a/"}
    assert place(NOWHERE) is None
    assert (place_of_last([]), place_of_last([NOWHERE, LINE])) == (None, place(LINE))


def test_a_step_is_an_object() -> None:
    step = Step("rule", LINE, "/a", "matches", "")
    assert step_as_object(step) == {
        "phase": "rule", "place": place(LINE), "saw": "/a", "result": "matches", "detail": ""
    }  # fmt: skip


def test_words_of_settings() -> None:
    assert (switch(True), switch(False)) == ("On", "Off")
    assert (bracketed("::1"), bracketed("127.0.0.1")) == ("[::1]", "127.0.0.1")
