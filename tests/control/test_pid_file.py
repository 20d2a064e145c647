"""The PidFile is ours or left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evenflow.control import pid_file
from evenflow.control.trouble import Trouble


def test_it_is_written_whole_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    pid_file.write(str(path), 4711)
    assert path.read_text() == "4711\n"
    assert os.listdir(tmp_path) == ["pid"]
    pid_file.remove(str(path), 4711)
    assert not path.exists()


def test_that_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    path.write_text("1\n")
    pid_file.remove(str(path), os.getpid())
    assert path.exists()
    path.write_bytes(b"\xff")
    pid_file.remove(str(path), os.getpid())
    assert path.exists()
    path.unlink()
    pid_file.remove(str(path), os.getpid())


def test_one_that_cannot_be_written_is_trouble(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"cannot write .*No such file or directory"):
        pid_file.write(str(tmp_path / "nowhere" / "pid"), 1)
