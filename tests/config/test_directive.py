"""A row is a value."""

from __future__ import annotations

import dataclasses

import pytest

from evenflow.config.registry import DIRECTIVES


def test_a_row_never_changes() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        DIRECTIVES["listen"].name = "Listen2"  # type: ignore[misc]
