"""`evenflow serve` with what is left by a program before, or what only looks like it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evenflow.control import handover, start


def test_what_nobody_left_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(handover.VARIABLE, "99999")
    assert start.serve(str(tmp_path / "wiki.conf"), None, {}) == 1
    assert "error[handover-unreadable]" in capsys.readouterr().err


def test_what_was_left_for_another_process_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = handover.head(handover.Program(["/nowhere"], [], {}), str(tmp_path / "wiki.conf"))
    monkeypatch.setenv(handover.VARIABLE, str(handover.write({**told, "process": 1})))
    assert start.serve(str(tmp_path / "wiki.conf"), None, {}) == 1
    assert "must `exec` it" in capsys.readouterr().err


def test_a_rehearsal_is_not_for_people(tmp_path: Path) -> None:
    path = tmp_path / "wiki.conf"
    path.write_text("Listen 1\n")
    done = subprocess.run(
        [sys.executable, "-m", "evenflow", "serve", str(path), "--rehearse"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "evenflow upgrade" in done.stderr and not done.stdout


def test_errors_of_the_file_are_said_in_a_rehearsal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wiki.conf"
    path.write_text("Lissten 1\n")
    told = {**handover.head(handover.Program(["/nowhere"], [], {}), str(path)), "crews": []}
    monkeypatch.setenv(handover.VARIABLE, str(handover.write(told)))
    assert start.rehearse(str(path), None, {}) == 1
    assert "Lissten" in capsys.readouterr().err
    assert handover.VARIABLE not in os.environ
