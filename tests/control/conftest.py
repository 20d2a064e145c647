"""Servers that end with their test."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.control.processes import Served, Started
from tests.peers import free_port


@pytest.fixture(autouse=True)
def sockets_of_our_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Control sockets in a folder of the test's; its name is short, as a socket's must be."""
    with tempfile.TemporaryDirectory(prefix="evenflow-") as folder:
        monkeypatch.setenv("EVENFLOW_RUN", folder)
        yield


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
