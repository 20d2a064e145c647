"""The numbers of the steps."""

from __future__ import annotations

from evenflow.proxy import steps
from tests.proxy import story as told


def test_the_story_numbers_the_steps_as_the_exchange_does() -> None:
    if hasattr(steps, "IDLE"):
        assert [getattr(steps, name) for name in told.STEPS] == list(range(len(told.STEPS)))
