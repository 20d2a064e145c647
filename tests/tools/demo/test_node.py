"""One node as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import evenflow
from tests.peers import free_port


@pytest.mark.parametrize("kind", ["confluence", "synchrony"])
@pytest.mark.parametrize("end", ["SIGTERM", "stdin"])
def test_it_listens_and_ends_as_told(kind: str, end: str) -> None:
    port = free_port()
    command = [sys.executable, "-m", "evenflow.tools.demo.node", kind, "1", "127.0.0.1", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(Path(evenflow.__file__).resolve().parent.parent)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        deadline = time.monotonic() + 10
        while True:
            try:
                link = socket.create_connection(("127.0.0.1", port), 1)
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        with link:  # an open connection does not keep it alive
            if end == "SIGTERM":
                process.send_signal(signal.SIGTERM)
            else:
                process.stdin.close()
            assert process.wait(5) == 0
