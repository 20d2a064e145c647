"""A row is a value."""

from __future__ import annotations

import dataclasses

import pytest

from evenflow.config.registry import DIRECTIVES


def test_a_row_never_changes() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        DIRECTIVES["listen"].name = "Listen2"  # type: ignore[misc]


def test_its_usage_is_its_own_or_the_shapes() -> None:
    assert DIRECTIVES["rewritecond"].usage == "TEST PATTERN [FLAGS]"
    assert DIRECTIVES["rewriteengine"].usage == "On|Off"
