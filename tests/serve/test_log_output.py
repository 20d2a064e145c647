"""Targets of log lines: opened once, shared by descriptor, appended to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenflow.serve import log_output


@pytest.fixture(autouse=True)
def closed_files() -> Iterator[None]:
    yield
    log_output.forget()


def test_nothing_is_standard_error() -> None:
    assert log_output.open_target("") == 2


def test_a_file_is_opened_once_and_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text("before\n")
    descriptor = log_output.open_target(str(path))
    assert log_output.open_target(str(path)) == descriptor
    os.write(descriptor, b"after\n")
    assert path.read_text() == "before\nafter\n"


def test_a_command_must_have_been_started() -> None:
    with pytest.raises(OSError, match="nobody started"):
        log_output.open_target("|cat")
    reading, writing = os.pipe()
    log_output.adopt("|cat", writing)
    assert log_output.is_command("|cat") and log_output.open_target("|cat") == writing
    os.close(reading)


def test_forgotten_files_are_closed(tmp_path: Path) -> None:
    descriptor = log_output.open_target(str(tmp_path / "a.log"))
    log_output.forget()
    with pytest.raises(OSError):
        os.fstat(descriptor)
