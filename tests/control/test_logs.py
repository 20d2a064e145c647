"""Logs of the whole program: rotated while requests come, piped to programs that die, and nothing of it lost."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.control.processes import PATIENCE, Served, alive, until
from tests.peers import require_peer

PROGRAM = 'import sys; file = open(sys.argv[1], "a", 1); [file.write(line) for line in sys.stdin]'
COPY = f"{sys.executable} -u -c '{PROGRAM}'"
ASKERS = 3


class Asking:
    """Clients that ask one request after the other, until they are told to end."""

    def __init__(self, server: Served) -> None:
        self.server = server
        self.ending = False
        self.answered = 0
        self.failed: list[object] = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.ask) for _ in range(ASKERS)]
        for thread in self.threads:
            thread.start()

    def ask(self) -> None:
        while not self.ending:
            try:
                status, _ = self.server.get("/robots.txt")
            except OSError as fault:
                self.failed.append(fault)
                return
            with self.lock:
                self.answered += 1
                if status != 200:
                    self.failed.append(status)

    def end(self) -> int:
        """How many were answered."""
        self.ending = True
        for thread in self.threads:
            thread.join(PATIENCE)
        assert not self.failed
        return self.answered


def lines(folder: Path, begin: str) -> list[str]:
    """Those of all files whose names begin so."""
    files = sorted(path for path in folder.iterdir() if path.name.startswith(begin))
    return [line for file in files for line in file.read_text().splitlines()]


@pytest.mark.parametrize("told", [signal.SIGHUP, signal.SIGUSR1])
def test_rotating_loses_no_line_and_tears_none(serve: Callable[..., Served], tmp_path: Path, told: int) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    server = serve(
        f'LogLevel notice\nErrorLog "{logs}/error"\nCustomLog "{logs}/access" "%m %U %>s"\n'
        f'EvenflowAccessLog "{logs}/json"\nRedirect 410 /gone\n',
        "--children", "2",
    ).ready()  # fmt: skip
    asking = Asking(server)
    for turn in range(3):
        seen = asking.answered
        until(lambda seen=seen: asking.answered > seen + 5)  # type: ignore[misc]
        for name in ("error", "access", "json"):
            os.rename(logs / name, logs / f"{name}.{turn}")
        server.tell(told)
        # Made anew, and the error log says by whom.
        until(lambda: (logs / "error").exists() and "reloaded:" in (logs / "error").read_text())
        seen = asking.answered
        until(lambda seen=seen: asking.answered > seen + 5)  # type: ignore[misc]
        until(lambda: (logs / "access").stat().st_size and (logs / "json").stat().st_size)
    answered = asking.end()
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0
    assert lines(logs, "access") == ["GET /robots.txt 200"] * answered
    assert [json.loads(line)["status"] for line in lines(logs, "json")] == [200] * answered
    assert sum("reloaded:" in line for line in lines(logs, "error")) == 3


def commands(server: Served, word: str) -> set[int]:
    """The program's own children whose command line has this word in it."""
    found = set()
    for pid in server.children():
        try:
            if word in Path(f"/proc/{pid}/cmdline").read_text():
                found.add(pid)
        except OSError:
            pass
    return found


def test_a_piped_log_lives_through_a_death_and_a_reload(serve: Callable[..., Served], tmp_path: Path) -> None:
    out, told = tmp_path / "out", tmp_path / "told"
    escaped = COPY.replace('"', '\\"')
    server = serve(
        f'LogLevel notice\nErrorLog "|{escaped} {told}"\nCustomLog "|{escaped} {out}" "%U"\n', "--children", "2"
    ).ready()
    assert server.get("/robots.txt")[0] == 200
    until(lambda: out.exists() and out.read_text() == "/robots.txt\n")
    (first,) = commands(server, str(out))
    os.kill(first, signal.SIGKILL)
    # What comes while nobody reads waits in the pipe.
    assert server.get("/meanwhile")[0] == 404
    until(lambda: out.read_text() == "/robots.txt\n/meanwhile\n")
    until(lambda: "a log command ended" in told.read_text() and "killed by SIGKILL" in told.read_text())
    (second,) = commands(server, str(out))
    assert second != first
    server.tell(signal.SIGHUP)
    until(lambda: "reloaded:" in told.read_text())
    # The same command goes on: a reload starts none that runs already.
    assert commands(server, str(out)) == {second}
    assert server.get("/afterwards")[0] == 404
    until(lambda: out.read_text().endswith("/afterwards\n"))
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0
    # It sees the end of its input, and ends by itself.
    until(lambda: not alive(second))
    assert out.read_text().splitlines() == ["/robots.txt", "/meanwhile", "/afterwards"]


def test_rotatelogs_gets_whole_lines(serve: Callable[..., Served], tmp_path: Path) -> None:
    rotatelogs = require_peer("rotatelogs")
    # Every kilobyte another file, as soon as they are written to.
    server = serve(f'CustomLog "|{rotatelogs} -n 40 {tmp_path}/piped 1K" "%U %{{x}}i %>s"\n', "--children", "2").ready()
    asking = Asking(server)
    until(lambda: asking.answered > 120)
    answered = asking.end()
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0
    until(lambda: len(lines(tmp_path, "piped")) == answered)
    assert set(lines(tmp_path, "piped")) == {"/robots.txt - 200"}
    assert len([path for path in tmp_path.iterdir() if path.name.startswith("piped")]) > 1
