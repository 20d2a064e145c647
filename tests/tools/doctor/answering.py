"""A server of a test's own that answers with bytes: for what no well-behaved program says."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable

from evenflow.tools.doctor.asking import Asker, Manners, Place
from evenflow.tools.doctor.visit import Visit

Say = Callable[[bytes], bytes]


class Answering:
    """A context: `say` makes the answer from each request's head; b"" closes without one."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.heads: list[bytes] = []

    def __enter__(self) -> Answering:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.listening.accept()
            except OSError:
                return
            with link:
                link.settimeout(10)
                head = b""
                while b"\r\n\r\n" not in head and (piece := link.recv(65536)):
                    head += piece
                self.heads.append(head)
                link.sendall(self.say(head))

    def asker(self, manners: Manners | None = None) -> Asker:
        place = Place("http", "wiki.example.com", 80, ("127.0.0.1", self.port))
        return Asker(place, manners or Manners(rate=1000.0), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    def visit(self, path: str = "") -> Visit:
        asker = self.asker()
        return Visit(asker, path, [], 0.5)


def answer(status: int, body: bytes = b"", *fields: str) -> bytes:
    lines = "".join(f"{field}\r\n" for field in fields)
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body
