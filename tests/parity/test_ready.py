"""A fork that runs the command is like a process of its own: its output, its exit status, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.peers import free_port

from .ready import start

pytestmark = pytest.mark.once


def test_output_and_exit_status_are_the_commands_own(tmp_path: Path) -> None:
    with open(tmp_path / "output", "wb") as output:
        good, bad = start(["--version"], output.fileno()), start(["no-such-word"], output.fileno())
    assert (good.wait(10), bad.wait(10)) == (0, 2)
    said = (tmp_path / "output").read_text()
    assert said.count("event loop") == 1 and "there is no command `no-such-word`" in said


def test_it_lives_in_a_session_of_its_own_until_it_is_told_to_end(tmp_path: Path) -> None:
    file = tmp_path / "front.conf"
    file.write_text(f"Listen 127.0.0.1:{free_port()}\nErrorLog {tmp_path}/log\nPidFile {tmp_path}/pid\n")
    with open(tmp_path / "output", "wb") as output:
        process = start(["serve", str(file), "--children", "1"], output.fileno())
    deadline = time.monotonic() + 20
    while "serving on" not in (tmp_path / "output").read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.poll() is None
    assert os.getsid(process.pid) == process.pid
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.send_signal(signal.SIGTERM)
