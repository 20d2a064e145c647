"""The processes of the demo: four stand-in nodes and evenflow, started in order and ended in the opposite one.

The processes stand in groups of their own, so that Ctrl-C reaches only the demo, and the balancer ends before the
nodes behind it. A node can be killed and started again meanwhile, also from another thread.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Final, Self

START_SECONDS: Final = 20.0
END_SECONDS: Final = 10.0
FRONT_SECONDS: Final = 3.0
"""httpd would wait ten for editors that are still open."""
QUESTION: Final = b"OPTIONS * HTTP/1.0\r\n\r\n"
"""A balancer answers it without asking a node. httpd listens before it has read all that it needs."""


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
class Shared:
    """What the nodes need so that people can edit together; addresses are for the browser, "" where there is none."""

    journal: str
    packages: str
    front: str
    manager: str = ""
    switch: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """A process that was started, and what to call it; `node` where it is one."""

    title: str
    process: subprocess.Popen[bytes]
    node: Node | None = None


class Cluster:
    """A context: inside it the nodes run, and a balancer in front once `serve` was called."""

    def __init__(self, nodes: Sequence[Node] = NODES, shared: Shared | None = None) -> None:
        self._nodes = nodes
        self._shared = shared
        self._started: list[Started] = []
        self._changing = threading.RLock()

    def __enter__(self) -> Self:
        try:
            self._start_nodes(self._nodes)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def serve(self, title: str, command: Sequence[str], host: str, port: int) -> None:
        """Start a balancer and wait until `host:port` answers."""
        wait_until_open(host, port, self._start(title, command), QUESTION)

    def end_front(self) -> None:
        """End the balancer and leave the nodes."""
        with self._changing:
            fronts = [started for started in self._started if started.node is None]
            self._started = [started for started in self._started if started.node is not None]
        for started in fronts:
            end(started)

    def ended(self) -> str | None:
        """The title and exit status of a process that ended by itself, None while all run."""
        with self._changing:
            for started in self._started:
                status = started.process.poll()
                if status is not None:
                    return f"{started.title} has ended with status {status}"
        return None

    def names(self) -> list[str]:
        """The nodes' names, each once."""
        return list(dict.fromkeys(node.name for node in self._nodes))

    def states(self) -> list[dict[str, object]]:
        """Each node, and whether it runs."""
        with self._changing:
            running = {started.node: started.process.pid for started in self._started}
        return [
            {"name": node.name, "kind": node.kind, "running": node in running, "pid": running.get(node)}
            for node in self._nodes
        ]

    def kill(self, name: str) -> None:
        """Kill the processes of one node, as a machine that loses its power would."""
        with self._changing:
            doomed = [started for started in self._started if started.node is not None and started.node.name == name]
            for started in doomed:
                started.process.kill()
                self._started.remove(started)
            for started in doomed:
                end(started)

    def revive(self, name: str) -> None:
        """Start what does not run of one node, and wait until it listens. Raises `DemoFault`."""
        with self._changing:
            running = {started.node for started in self._started}
            try:
                self._start_nodes([node for node in self._nodes if node.name == name and node not in running])
            except DemoFault:
                self.kill(name)
                raise

    def end(self) -> None:
        """End everything, the last started first; who does not listen in time is killed."""
        with self._changing:
            while self._started:
                end(self._started.pop())

    def _start_nodes(self, nodes: Sequence[Node]) -> None:
        """All at once, since most of the time each of them loads modules."""
        started = [self._start(str(node), self._command(node), node) for node in nodes]
        for one, node in zip(started, nodes, strict=True):
            wait_until_open(node.host, node.port, one)

    def _command(self, node: Node) -> list[str]:
        command = [sys.executable, "-m", "evenflow.tools.demo.node", node.kind, node.name, node.host, str(node.port)]
        if self._shared is None:
            return command
        beside = next((one for one in self._nodes if (one.kind, one.name) == ("synchrony", node.name)), node)
        return [*command, json.dumps({**asdict(self._shared), "synchrony": [beside.host, beside.port]})]

    def _start(self, title: str, command: Sequence[str], node: Node | None = None) -> Started:
        # Nobody writes to standard input: a node ends when it ends, even where the demo was killed.
        process = subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0)
        started = Started(title, process, node)
        with self._changing:
            self._started.append(started)
        return started


def end(started: Started) -> None:
    """Ask a process to end, and see to it that it does."""
    process = started.process
    process.terminate()
    try:
        process.wait(FRONT_SECONDS if started.node is None else END_SECONDS)
    except subprocess.TimeoutExpired:
        # With its children.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


def wait_until_open(host: str, port: int, started: Started, question: bytes = b"") -> None:
    """Return when somebody accepts on `host:port`, and answers `question` if there is one; `DemoFault` where the
    process ends before or takes too long.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        status = started.process.poll()
        if status is not None:
            raise DemoFault(f"{started.title} ended with status {status} before it listened on {host}:{port}")
        try:
            with socket.create_connection((host, port), 1.0) as connection:
                connection.sendall(question)
                if not question or connection.recv(1):
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise DemoFault(f"{started.title} did not listen on {host}:{port} within {START_SECONDS:.0f} s")
