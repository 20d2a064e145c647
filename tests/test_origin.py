"""An origin says the place that a person looks for, and is one value wherever it goes."""

from __future__ import annotations

import dataclasses

import pytest

from evenflow.origin import NOWHERE, Origin


def test_it_is_said_as_editors_and_compilers_say_a_place() -> None:
    assert str(Origin("/etc/evenflow/wiki.conf", 14, "ProxyPass / http://b1/")) == "/etc/evenflow/wiki.conf:14"


def test_the_same_statement_is_the_same_origin() -> None:
    first, second = Origin("a.conf", 3, "Listen 80"), Origin("a.conf", 3, "Listen 80")
    assert first == second
    assert len({first, second, Origin("a.conf", 4, "Listen 80")}) == 2


def test_what_was_said_stays_said() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Origin("a.conf", 3, "Listen 80").line = 4  # type: ignore[misc]


def test_nobody_wrote_the_defaults() -> None:
    assert (NOWHERE.file, NOWHERE.line, NOWHERE.text) == ("", 0, "")


def test_a_macros_line_names_both_places() -> None:
    used = Origin("site.conf", 30, "Use wiki a.example")
    line = Origin("macros.conf", 2, "ServerName $name", used)
    assert str(line) == "macros.conf:2 (used at site.conf:30)"
    assert line.way == (used, line)
    assert used.way == (used,)
