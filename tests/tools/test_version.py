"""`evenflow --version` tells the truth about what runs."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

import pytest

import evenflow
from evenflow.tools import version


def test_it_names_version_python_and_loop() -> None:
    lines = version.describe().splitlines()
    assert lines[0] == f"evenflow {evenflow.__version__}"
    assert lines[1].endswith(platform.python_version())
    assert lines[2] == f"event loop uvloop {metadata.version('uvloop')}"


def test_it_tells_which_way_the_hot_rooms_run() -> None:
    way = "compiled" if os.environ.get("EVENFLOW_WAY") == "compiled" else "interpreted"
    assert version.hot_rooms() == f"{way} ({', '.join(version.HOT_ROOMS)})"


@pytest.mark.parametrize(
    ("files", "counted"),
    [
        (["__init__.py", "a.py", "b.py"], (0, 2)),
        (["__init__.py", "a.py", "a.abi3.so", "b.py"], (1, 2)),
        (["__init__.py", "a.so", "b.py", "b.so"], (2, 2)),
    ],
)
def test_a_room_is_counted_by_its_files(tmp_path: Path, files: list[str], counted: tuple[int, int]) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert version.compiled_of(tmp_path) == counted
