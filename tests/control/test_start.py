"""`evenflow serve` with what is left by a program before, or what only looks like it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evenflow.control import handover, start
from tests.control.processes import PATIENCE


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


LOADS_FOR_EVER = """
import sys, threading
from evenflow.control import loading, start
def load(previous):
    print("loads", flush=True)
    threading.Event().wait()
loading.loader = lambda *given: load
sys.exit(start.serve(sys.argv[1], 1, {}))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_is_told_to_end_while_it_loads_ends_with_0(tmp_path: Path, number: signal.Signals) -> None:
    line = [sys.executable, "-c", LOADS_FOR_EVER, str(tmp_path / "wiki.conf")]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "loads\n"
        # It will be looked at when somebody serves.
        process.send_signal(signal.SIGHUP)
        process.send_signal(number)
        assert process.communicate(timeout=PATIENCE) == ("", "")
        assert process.returncode == 0
