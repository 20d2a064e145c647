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

from evenflow.slotmem.measured import BOUNDS
from evenflow.tools.top import Look, Rates, duration, picture, rates
from tests.control.processes import PATIENCE, Served
from tests.faults.members import Visit
from tests.faults.members import member as listening_member
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
        "sent": elected * 2048, "received": 0, "sessions": None, "errors": 0,
        "latency_counts": [0] * 13, **row,
    }  # fmt: skip
    balancer = {"name": "c", "lbmethod": "byrequests", "members": [member]}
    return Look(at, status, {"balancers": [balancer], "latency_bounds": list(BOUNDS)})


def drawn(at: Look, rising: Rates) -> str:
    console = Console(width=200, highlight=False, force_terminal=False)
    with console.capture() as captured:
        for part in picture(at, rising, True):
            console.print(part)
    return captured.get()


def test_rates_are_differences() -> None:
    found = rates(look(10.0, 100, 5), look(12.0, 150, 9))
    assert found.requests == 25.0
    assert list(found.members.values()) == [(2.0, 0.0, 4096.0, 0.0, None, None)]
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


def test_latency_and_errors_are_those_of_the_last_interval() -> None:
    before = look(10.0, 0, 0, latency_counts=[1000] + [0] * 12, errors=7)
    after = look(12.0, 0, 100, latency_counts=[1000, 0, 90, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0], errors=10)
    found = rates(before, after)
    ((_, errors, _, _, median, slow),) = found.members.values()
    assert errors == 1.5
    assert median is not None and 0.01 < median < 0.025
    assert slow == 0.25
    row = next(line for line in drawn(after, found).splitlines() if "http://[::1]:80" in line)
    assert row.split()[4:] == ["-", "50.0", "1.5", "18", "ms", "250", "ms", "100.0K", "0", "100", "200.0K", "0"]
    assert [duration(one) for one in (None, 0.0, 0.0025, 0.5, 2.25)] == ["-", "0.0 ms", "2.5 ms", "500 ms", "2.2 s"]


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


def test_a_members_speed_and_errors_are_shown(tmp_path: Path) -> None:
    """Asked while the viewer looks: what it shows is what came between two of its looks."""

    def behave(visit: Visit) -> bool:
        visit.answer(b"hello", "503 No" if visit.path.endswith("bad") else "200 OK")
        return True

    with listening_member(behave) as node:
        text = BALANCER.replace("127.0.0.1:1 ", f"127.0.0.1:{node.port} ")
        one = Served(tmp_path, free_port(), text, "--children", "1").ready()
        viewer = subprocess.Popen(
            [sys.executable, "-m", "evenflow", "top", "--every", "2"], stdout=subprocess.PIPE, text=True
        )
        try:
            while viewer.poll() is None:
                assert one.get("/c/good")[0] == 200
                assert one.get("/c/bad")[0] == 503
            assert viewer.stdout is not None
            row = next(line for line in viewer.stdout.read().splitlines() if f":{node.port} " in line)
        finally:
            viewer.kill()
            viewer.wait(PATIENCE)
            one.stop()
    cells = row.split()
    chosen, errors = float(cells[5]), float(cells[6])
    assert chosen > 0.0 and errors > 0.0
    assert cells[8] in ("ms", "s") and cells[10] in ("ms", "s")


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
