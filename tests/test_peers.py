"""A missing program skips its tests with the words to type, and fails them in CI."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers import CHECKOUT, free_port, require_peer

MISSING_UNICORN = """
from tests.peers import PEERS, Peer, require_peer

PEERS["unicorn"] = Peer(("no-such-unicorn",), "apt-get install unicorn")
"""

IN_A_TEST = MISSING_UNICORN + "def test_ride():\n    require_peer('unicorn')\n"
IN_A_FILE = MISSING_UNICORN + "require_peer('unicorn')\ndef test_ride():\n    pass\n"


@pytest.mark.parametrize("source", [IN_A_TEST, IN_A_FILE], ids=["a test", "a whole file"])
@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)], ids=["at home", "in CI"])
def test_a_missing_peer_is_a_skip_at_home_and_a_failure_in_ci(tmp_path: Path, source: str, ci: str, code: int) -> None:
    story = tmp_path / "test_ride.py"
    story.write_text(source)
    # A test that passes, because pytest says 5 when nothing ran at all.
    (tmp_path / "test_walk.py").write_text("def test_walk():\n    pass\n")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", CHECKOUT / "pyproject.toml", "--rootdir", CHECKOUT,
         "-p", "tests.conftest", "-p", "no:cacheprovider", tmp_path],
        cwd=CHECKOUT, env={**os.environ, "CI": ci}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "missing peer: unicorn is not installed: apt-get install unicorn" in run.stdout
    assert run.returncode == (code if source is IN_A_TEST else code * 2), run.stdout


def test_a_peer_that_is_there_is_a_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\n")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert require_peer("node") == node


def test_ports_are_free_and_given_once() -> None:
    ports = [free_port("127.0.0.1", "127.0.0.2") for _ in range(50)]
    assert len(set(ports)) == 50
    for host in ("127.0.0.1", "127.0.0.2"):
        with socket.socket() as listener:
            listener.bind((host, ports[0]))
