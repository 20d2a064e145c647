"""The processes of the demo: four stand-in nodes and evenflow, started in order and ended in the opposite one.

The processes stand in groups of their own, so that Ctrl-C reaches only the demo, and the balancer ends before the
nodes behind it.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

START_SECONDS: Final = 20.0
END_SECONDS: Final = 10.0


class DemoFault(Exception):
    """The demo cannot start or go on; the text says why and what to type."""


@dataclass(frozen=True, slots=True)
class Node:
    """A stand-in node and its place."""

    kind: str
    name: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.kind} node {self.name}"


NODES: Final = (
    Node("confluence", "1", "127.0.0.1", 8090),
    Node("confluence", "2", "127.0.0.2", 8090),
    Node("synchrony", "1", "127.0.0.1", 8091),
    Node("synchrony", "2", "127.0.0.2", 8091),
)


@dataclass(frozen=True, slots=True)
class Started:
    """A process that was started, and what to call it."""

    title: str
    process: subprocess.Popen[bytes]


class Cluster:
    """A context: inside it the nodes run, and evenflow in front once `serve` was called."""

    def __init__(self, nodes: Sequence[Node] = NODES) -> None:
        self._nodes = nodes
        self._started: list[Started] = []

    def __enter__(self) -> Self:
        try:
            for node in self._nodes:
                arguments = [node.kind, node.name, node.host, str(node.port)]
                self._start(str(node), ["evenflow.tools.demo.node", *arguments])
            for started, node in zip(self._started, self._nodes, strict=True):
                wait_until_open(node.host, node.port, started)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def serve(self, file: Path, host: str, port: int) -> None:
        """Start evenflow with `file` and wait until `host:port` answers."""
        balancer = self._start("evenflow", ["evenflow", "serve", str(file)])
        wait_until_open(host, port, balancer)

    def ended(self) -> str | None:
        """The title and exit status of a process that ended by itself, None while all run."""
        for started in self._started:
            status = started.process.poll()
            if status is not None:
                return f"{started.title} has ended with status {status}"
        return None

    def end(self) -> None:
        """End everything, the last started first; who does not listen within `END_SECONDS` is killed."""
        while self._started:
            process = self._started.pop().process
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin is not None:
                process.stdin.close()

    def _start(self, title: str, module_and_arguments: list[str]) -> Started:
        # Nobody writes to standard input: a node ends when it ends, even where the demo was killed.
        process = subprocess.Popen(
            [sys.executable, "-m", *module_and_arguments], stdin=subprocess.PIPE, process_group=0
        )
        started = Started(title, process)
        self._started.append(started)
        return started


def wait_until_open(host: str, port: int, started: Started) -> None:
    """Return when somebody accepts on `host:port`; `DemoFault` where the process ends before or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        status = started.process.poll()
        if status is not None:
            raise DemoFault(f"{started.title} ended with status {status} before it listened on {host}:{port}")
        try:
            socket.create_connection((host, port), 1.0).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise DemoFault(f"{started.title} did not listen on {host}:{port} within {START_SECONDS:.0f} s")
