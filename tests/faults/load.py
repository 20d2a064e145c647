"""Clients that speak all the time and know what they must be answered, and a node that knows what it was asked.

A client's connection may break where its local port is in `Load.may_break`: whoever kills a process writes down there
whose connections it had. Everything else that is not the right answer is a fault.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.faults.members import Visit

PATIENCE: Final = 30.0
"""Seconds without an answer that are a hang."""
UPGRADE: Final = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
WORD: Final = b"\x81\x05hello"


class Node:
    """A behaviour: each answer is the path that was asked for, an Upgrade becomes an echo; below /hold and /few/hold
    it waits for `let_go`.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.inside: Counter[str] = Counter()
        """Requests under way, by the first part of their path."""
        self.most: Counter[str] = Counter()
        """The most there were at once."""
        self.gate = threading.Event()
        self.lock = threading.Lock()

    def let_go(self) -> None:
        """Answer those that are held."""
        self.gate.set()

    def __call__(self, visit: Visit) -> bool:
        kind = visit.path.split("/")[1]
        with self.lock:
            self.asked[visit.path] += 1
            self.inside[kind] += 1
            self.most[kind] = max(self.most[kind], self.inside[kind])
        try:
            if "/hold" in visit.path:
                self.gate.wait(PATIENCE)
            elif kind == "few":
                time.sleep(0.005)
        finally:
            with self.lock:
                self.inside[kind] -= 1
        if visit.fields.get("upgrade") == "websocket":
            visit.link.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            while piece := visit.link.recv(65536):
                visit.link.sendall(piece)
            return False
        visit.answer(visit.path.encode())
        return True


class Load:
    """Threads of clients, until `stop`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.may_break: set[int] = set()
        self.faults: list[str] = []
        self.answered: Counter[str] = Counter()
        """By the kind of client."""
        self.broken: Counter[str] = Counter()
        self.over = threading.Event()
        self.away = False
        """All that serve are killed meanwhile: nobody may be there to connect to, and every connection may break."""
        self.threads: list[threading.Thread] = []

    def start(self, kind: str, client: Callable[[Load, str, str], None], path: str, count: int) -> None:
        """So many clients of that kind, each with paths of its own below `path`."""
        for number in range(count):
            thread = threading.Thread(target=self.speak, args=(client, kind, f"{path}/{kind}{number}"))
            self.threads.append(thread)
            thread.start()

    def speak(self, client: Callable[[Load, str, str], None], kind: str, path: str) -> None:
        with contextlib.suppress(ConnectionRefusedError, ConnectionResetError):
            client(self, kind, path)

    def stop(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(PATIENCE * 2)
            assert not thread.is_alive()

    def dial(self) -> tuple[socket.socket, int]:
        """A connection and its local port, by which it is known. Raises OSError when `stop` comes before it can be
        had.
        """
        while True:
            try:
                link = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
                break
            except ConnectionError as fault:
                if not self.away:
                    self.faults.append(repr(fault))
                if self.over.wait(0.01):
                    raise
        port = link.getsockname()[1]
        # Another one had this port before, perhaps.
        self.may_break.discard(port)
        return link, port

    def broke(self, kind: str, port: int, received: bytes, what: str) -> None:
        """A connection ended before its answer did."""
        self.broken[kind] += 1
        if port not in self.may_break and not self.away:
            self.faults.append(f"{time.strftime('%X')} {kind}: {what}: {received[:300]!r}")
        elif received.count(b"HTTP/1.") > 1:
            self.faults.append(f"{kind}: an answer was begun twice: {received!r}")


class Broken(Exception):
    """The connection ended; `received` is what came before."""

    def __init__(self, received: bytes, cause: str) -> None:
        super().__init__(f"{cause} behind {received[:300]!r}")
        self.received = received


def exchange(link: socket.socket, path: str) -> bool:
    """Ask for the path; returns with the right answer, whole and nothing behind it: whether the connection is kept.
    Raises Broken.
    """
    received = b""
    try:
        link.sendall(f"GET {path} HTTP/1.1\r\nHost: front\r\n\r\n".encode())
        while not received.endswith(b"\r\n\r\n" + path.encode()):
            piece = link.recv(65536)
            if not piece:
                raise Broken(received, "the connection ended")
            received += piece
    except ConnectionError as fault:
        raise Broken(received, repr(fault)) from None
    except TimeoutError:
        raise AssertionError(f"a hang behind {received!r}") from None
    if not received.startswith(b"HTTP/1.1 200 ") or received.count(b"HTTP/1.1 ") != 1:
        raise AssertionError(f"{path} was answered {received!r}")
    return b"\r\nConnection: close\r\n" not in received


def keeper(load: Load, kind: str, path: str) -> None:
    """Requests on a connection that is kept."""
    number = 0
    while not load.over.is_set():
        link, port = load.dial()
        try:
            with link:
                kept = True
                while kept and not load.over.is_set():
                    number += 1
                    kept = exchange(link, f"{path}/{number}")
                    load.answered[kind] += 1
                    load.over.wait(0.003)
        except Broken as broken:
            load.broke(kind, port, broken.received, str(broken))
        except AssertionError as wrong:
            load.faults.append(f"{kind}: {wrong}")


def newcomer(load: Load, kind: str, path: str) -> None:
    """Each request on a connection of its own."""
    number = 0
    while not load.over.is_set():
        link, port = load.dial()
        number += 1
        try:
            with link:
                exchange(link, f"{path}/{number}")
                load.answered[kind] += 1
        except Broken as broken:
            load.broke(kind, port, broken.received, str(broken))
        except AssertionError as wrong:
            load.faults.append(f"{kind}: {wrong}")
        load.over.wait(0.003)


def editor(load: Load, kind: str, path: str) -> None:
    """A tunnel that is spoken through; opened again where it broke."""
    while not load.over.is_set():
        link, port = load.dial()
        received = b""
        try:
            with link:
                link.sendall(f"GET {path} HTTP/1.1\r\nHost: front\r\n".encode() + UPGRADE + b"\r\n")
                while not received.endswith(b"\r\n\r\n"):
                    received += read(link, 1)
                if not received.startswith(b"HTTP/1.1 101 "):
                    raise AssertionError(f"an upgrade was answered {received!r}")
                while not load.over.is_set():
                    link.sendall(WORD)
                    received = b""
                    while len(received) < len(WORD):
                        received += read(link, len(WORD) - len(received))
                    if received != WORD:
                        raise AssertionError(f"a tunnel said {received!r}")
                    load.answered[kind] += 1
                    load.over.wait(0.01)
        except ConnectionError as fault:
            load.broke(kind, port, received, repr(fault))
        except (AssertionError, TimeoutError) as wrong:
            load.faults.append(f"{kind}: {wrong!r} behind {received!r}")


def read(link: socket.socket, size: int) -> bytes:
    piece = link.recv(size)
    if not piece:
        raise ConnectionError("the connection ended")
    return piece


def clients_of(process: int, port: int) -> set[int]:
    """The local ports of the clients whose connections to 127.0.0.1:`port` this process holds."""
    remote: dict[str, int] = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if int(columns[1].rpartition(":")[2], 16) == port and columns[9] != "0":
            remote[f"socket:[{columns[9]}]"] = int(columns[2].rpartition(":")[2], 16)
    held = set()
    for entry in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            held.add(os.readlink(entry))
    return {number for name, number in remote.items() if name in held}
