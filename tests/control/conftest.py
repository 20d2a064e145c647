"""Servers that end with their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.control.processes import Served, Started
from tests.peers import free_port


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    started: list[Started] = []

    def begin(**said: Any) -> Started:
        started.append(Started(**{"port": free_port("127.0.0.1"), **said}))
        return started[-1]

    yield begin
    for one in started:
        one.stop()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    served: list[Served] = []

    def begin(text: str = "", *options: str, port: int = 0) -> Served:
        served.append(Served(tmp_path, port or free_port(), text, *options))
        return served[-1]

    yield begin
    for one in served:
        one.stop()
