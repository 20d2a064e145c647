"""Members that misbehave on purpose: a small server whose every answer is a function of the test.

One thread a connection, so a behaviour is a straight line that may wait, drip or reset. The framing of requests is by
Content-Length only, which is what these tests send.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

PATIENCE: Final = 30.0
"""Seconds that a member waits for a byte or for room to write one."""


@dataclass(slots=True)
class Visit:
    """One request that a member has read the head of."""

    method: str
    path: str
    fields: dict[str, str]
    link: socket.socket
    unread: bytes

    @property
    def length(self) -> int:
        return int(self.fields.get("content-length", "0"))

    def body(self) -> Iterator[bytes]:
        """The content as it arrives; ends early where the other side does."""
        left = self.length
        while left:
            piece = self.unread or self.link.recv(1 << 20)
            self.unread = b""
            if not piece:
                return
            left -= len(piece)
            yield piece

    def answer(self, body: bytes = b"", status: str = "200 OK", *fields: str) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
        self.link.sendall("\r\n".join(lines).encode() + body)

    def reset(self) -> None:
        """End the connection as a crash would: with RST, whatever is under way."""
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.link.close()


Behaviour = Callable[[Visit], bool]
"""Answers one request; True where the connection stays open for another."""


@dataclass(slots=True)
class Member:
    """A running member and what it has seen."""

    port: int
    visits: list[tuple[str, str]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    """How each connection ended while a behaviour was at work: the name of the exception."""


@contextmanager
def member(behave: Behaviour, host: str = "127.0.0.1", port: int = 0) -> Iterator[Member]:
    """Serve there, on any port if none is said, until the block ends."""
    listening = socket.create_server((host, port), backlog=128)
    running = Member(listening.getsockname()[1])

    def accept() -> None:
        while True:
            try:
                link, _ = listening.accept()
            except OSError:
                return
            link.settimeout(PATIENCE)
            threading.Thread(target=serve, args=(link,), daemon=True).start()

    def serve(link: socket.socket) -> None:
        unread = b""
        try:
            while visit := read_head(link, unread):
                running.visits.append((visit.method, visit.path))
                if not behave(visit):
                    return
                unread = visit.unread
        except OSError as fault:
            running.ended.append(type(fault).__name__)
        finally:
            link.close()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield running
    finally:
        # A close alone would leave the thread in accept, and the port open.
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def read_head(link: socket.socket, unread: bytes) -> Visit | None:
    while b"\r\n\r\n" not in unread:
        piece = link.recv(65536)
        if not piece:
            return None
        unread += piece
    head, _, rest = unread.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ")
    pairs = (line.partition(":") for line in lines[1:])
    return Visit(method, path, {name.lower(): value.strip() for name, _, value in pairs}, link, rest)


def wait_until(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
