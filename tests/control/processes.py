"""Supervisors as processes of a test's own: started, asked, told signals, and ended."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

SERVER: Final = Path(__file__).with_name("small_server.py")
PATIENCE: Final = 15.0


class Started:
    """A supervisor process of the test's own."""

    def __init__(self, environment: dict[str, str] | None = None, **said: Any) -> None:
        self.port = said["port"]
        self.process = subprocess.Popen(
            [sys.executable, str(SERVER), json.dumps(said)],
            stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}, start_new_session=True,
        )  # fmt: skip
        self.listen()

    def listen(self) -> None:
        """Gather what it says."""
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def ready(self) -> Started:
        until(lambda: " serving on " in self.said or self.process.poll() is not None)
        assert " serving on " in self.said, self.said
        return self

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def ask(self, line: str) -> list[str]:
        """One question on a connection of its own; [] where the connection was cut."""
        with self.connect() as client:
            client.sendall(line.encode())
            try:
                return client.recv(200).decode().split()
            except ConnectionError:
                return []

    def children(self) -> set[int]:
        """The living processes below it, as /proc has them: children, and for a moment after a reload a judge."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(word) for word in listed.split()}

    def tell(self, number: int) -> None:
        self.process.send_signal(number)

    def ends_with(self) -> int:
        status = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return status

    def stop(self) -> None:
        if self.process.poll() is None:
            children = self.children()
            self.process.kill()
            self.process.wait(PATIENCE)
            until(lambda: not any(alive(pid) for pid in children))
        assert self.process.stderr is not None
        self.reader.join(PATIENCE)
        self.process.stderr.close()


def until(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def listens(pid: int, port: int) -> bool:
    """Whether the process has a listening socket of that port (IPv4), which others may share with it."""
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [one for one in sockets if one[3] == "0A" and int(one[1].rpartition(":")[2], 16) == port]
    wanted = {f"socket:[{one[9]}]" for one in listening}
    try:
        return any(os.readlink(entry) in wanted for entry in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


class Served(Started):
    """`evenflow serve FILE` with a DocumentRoot, as a process of the test's own."""

    command: tuple[str, ...] = (sys.executable, "-m", "evenflow")

    def __init__(self, folder: Path, port: int, text: str, *options: str) -> None:
        self.port = port
        (folder / "docs").mkdir(exist_ok=True)
        (folder / "docs" / "robots.txt").write_text("User-agent: *\n")
        self.file = folder / "wiki.conf"
        self.file.write_text(
            f'Listen 127.0.0.1:{port}\nServerName wiki.example\nDocumentRoot "{folder}/docs"\n{text}\n'
        )
        self.process = subprocess.Popen(
            [*self.command, "serve", str(self.file), *options],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.listen()

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()
