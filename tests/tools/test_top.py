"""The live view: rates between two looks, plain lines without a terminal, and a terminal that is left as it was."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evenflow.tools.top import Look, Rates, duration, picture, rates
from tests.control.processes import PATIENCE, Served
from tests.peers import free_port

BALANCER = """\
<Proxy balancer://wiki>
BalancerMember http://127.0.0.1:1 route=n1
BalancerMember http://127.0.0.1:2 route=n2 status=+D
</Proxy>
ProxyPass /c balancer://wiki/
"""


def look(at: float, requests: int, elected: int, pid: int = 7, **row: Any) -> Look:
    status = {
        "version": "9", "pid": pid, "uptime": 5.0, "generation": 1, "listeners": ["*:80"], "requests": requests,
        "in_flight": 0, "connections": 1, "tunnels": 0, "children": [], "retired": [],
    }  # fmt: skip
    member = {
        "name": "http://[::1]:80", "route": "a", "state": "serving", "busy": 3, "elected": elected,
        "sent": elected * 2048, "received": 0, "sessions": None, **row,
    }  # fmt: skip
    return Look(at, status, {"balancers": [{"name": "c", "lbmethod": "byrequests", "members": [member]}]})


def drawn(at: Look, rising: Rates) -> str:
    console = Console(width=200, highlight=False, force_terminal=False)
    with console.capture() as captured:
        for part in picture(at, rising, True):
            console.print(part)
    return captured.get()


def test_rates_are_differences() -> None:
    found = rates(look(10.0, 100, 5), look(12.0, 150, 9))
    assert found.requests == 25.0
    assert list(found.members.values()) == [(2.0, 4096.0, 0.0)]
    text = drawn(look(12.0, 150, 9), found)
    assert "25.0 requests/s, 150 in all" in text
    assert "http://[::1]:80" in text and "4.0K" in text


@pytest.mark.parametrize("later", [look(12.0, 1, 1, pid=8), look(10.0, 200, 9)])
def test_no_rate_where_there_is_nothing_to_compare(later: Look) -> None:
    found = rates(look(10.0, 100, 5), later)
    assert found == Rates()
    assert "- requests/s" in drawn(later, found)


def test_counters_never_fall_below_nothing() -> None:
    assert rates(look(10.0, 100, 5), look(11.0, 90, 1)).requests == 0.0


def test_a_latency_is_shown_where_one_is_known() -> None:
    assert "12 ms" in drawn(look(1.0, 1, 1, latency=0.012), Rates())
    assert [duration(one) for one in (None, 0.0, 0.5, 2.25)] == ["-", "-", "500 ms", "2.2 s"]


@pytest.fixture(autouse=True)
def sockets_of_our_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="evenflow-") as folder:
        monkeypatch.setenv("EVENFLOW_RUN", folder)
        yield


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(tmp_path, free_port(), BALANCER, "--children", "1").ready()
    yield one  # type: ignore[misc]
    one.stop()


def test_plain_lines_without_a_terminal(served: Served) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "evenflow", "top", "--every", "0.1"], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "requests/s" in done.stdout and "\x1b" not in done.stdout
    assert "disabled" in done.stdout and "http://127.0.0.1:1 " in done.stdout


def test_nobody_to_ask() -> None:
    done = subprocess.run([sys.executable, "-m", "evenflow", "top"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2 and "no instance of yours runs" in done.stderr


@pytest.mark.parametrize("way", ["q", "signal"])
def test_it_ends_and_leaves_the_terminal_as_it_was(served: Served, way: str) -> None:
    terminal, inner = pty.openpty()
    termios.tcsetwinsize(inner, (40, 100))
    before = termios.tcgetattr(inner)
    viewer = subprocess.Popen(
        [sys.executable, "-m", "evenflow", "top", "--every", "0.2"], stdin=inner, stdout=inner, stderr=inner,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
    )  # fmt: skip
    shown = read_until(terminal, b"requests/s", b"http://127.0.0.1")
    if way == "q":
        os.write(terminal, b"q")
    else:
        viewer.send_signal(signal.SIGINT)
    shown += read_until(terminal, b"\x1b[?1049l")
    assert viewer.wait(PATIENCE) == 0
    assert b"Traceback" not in shown
    assert termios.tcgetattr(inner) == before
    os.close(inner)
    os.close(terminal)


def read_until(terminal: int, *words: bytes) -> bytes:
    found = b""
    deadline = time.monotonic() + PATIENCE
    while not all(word in found for word in words):
        assert time.monotonic() < deadline, found
        if select.select([terminal], [], [], 0.1)[0]:
            found += os.read(terminal, 65536)
    return found
