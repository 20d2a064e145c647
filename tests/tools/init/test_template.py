"""The language of a profile's file."""

from __future__ import annotations

import pytest

from evenflow.tools.init.template import fill, parts


def test_values_switches_and_nodes() -> None:
    text = "a $word $$1\n?on yes $word\n?off no\n!on no\n!off   not off\n* at $place of $word\n\nend"
    nodes = [{"place": "one"}, {"place": "two"}]
    assert fill(text, {"word": "W"}, {"on": True, "off": False}, nodes) == (
        "a W $1\nyes W\n  not off\n    at one of W\n    at two of W\n\nend"
    )


def test_what_nobody_knows_is_a_mistake() -> None:
    for text in ("$word", "?word x", "* $word"):
        with pytest.raises(KeyError):
            fill(text, {}, {}, [{}])


def test_a_profile_has_two_parts() -> None:
    assert parts("balancers\n\n--- mappings\n    mapping\n") == ("balancers", "    mapping")
