"""`tell` begins a story; when the test is over, every story has given back its members."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.proxy.story import Story


@pytest.fixture
def tell() -> Iterator[Callable[..., Story]]:
    told: list[Story] = []

    def begin(*arguments: object, **said: object) -> Story:
        told.append(Story(*arguments, **said))  # type: ignore[arg-type]
        return told[-1]

    yield begin
    for story in told:
        story.end()
