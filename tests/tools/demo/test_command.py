"""`evenflow demo` as it is typed; the ports are the published file's, so only what needs none of them is tried here."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from evenflow.tools.demo import front, show
from evenflow.tools.demo.command import demo
from tests.nodes.fronts import environment


def test_help_says_what_starts_and_how_it_ends() -> None:
    said = CliRunner().invoke(demo, ["--help"]).output
    assert "two stand-in Confluence nodes" in said
    assert "Ctrl-C" in said
    assert "--front [evenflow|httpd]" in said


def test_without_httpd_the_comparison_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(file: Path | None, check: bool, ending: show.Ending, before: str) -> int:
        front.command(before, Path("demo.conf"))
        return 0

    monkeypatch.setattr(front, "HTTPD", Path("/nowhere/apache2"))
    monkeypatch.setattr(show, "run", without)
    done = CliRunner().invoke(demo, ["--front", "httpd"])
    assert done.exit_code == 1
    assert "help: apt-get install apache2" in done.output


def test_a_file_that_is_not_there_is_said() -> None:
    done = CliRunner().invoke(demo, ["--config", "/nowhere/wiki.conf"])
    assert done.exit_code == 2
    assert "'/nowhere/wiki.conf' does not exist" in done.output


def test_a_taken_port_ends_it_with_1_and_a_line_that_helps() -> None:
    try:
        taken = socket.create_server(("127.0.0.1", 8091))
    except OSError:
        taken = None  # somebody else has it, which serves as well
    try:
        done = subprocess.run(
            [sys.executable, "-m", "evenflow", "demo", "--check"], env=environment(), capture_output=True, text=True
        )
    finally:
        if taken is not None:
            taken.close()
    assert done.returncode == 1
    assert "error: " in done.stderr
    assert "`127.0.0.1:8091` is taken by process " in done.stderr
    assert "help: end it (`kill " in done.stderr
