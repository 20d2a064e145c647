"""Clients that ask again and again while something is changed under them, and what they were answered."""

from __future__ import annotations

import http.client
import threading
from types import TracebackType
from typing import Self

from tests.control.processes import PATIENCE


class Askers:
    """A context: `clients` threads that ask until it is over, each in its `_ask`."""

    def __init__(self, clients: int) -> None:
        self.failures: list[str] = []
        self.answered = [0] * clients
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._ask, args=(index,)) for index in range(clients)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(PATIENCE)

    def _ask(self, index: int) -> None:
        raise NotImplementedError


class Asking(Askers):
    """They ask for /app/N and want `hello`; every other one keeps its connection. `pause` is what each waits between
    two requests, in seconds.
    """

    def __init__(self, port: int, clients: int, pause: float = 0.0) -> None:
        super().__init__(clients)
        self.port = port
        self.pause = pause

    def _ask(self, index: int) -> None:
        kept: http.client.HTTPConnection | None = None
        while not self.over.is_set():
            try:
                if kept is None:
                    kept = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
                kept.request("GET", f"/app/{index}")
                answer = kept.getresponse()
                if answer.read() != b"hello":
                    self.failures.append(f"{answer.status}")
                self.answered[index] += 1
                if index % 2 or answer.will_close:
                    kept.close()
                    kept = None
                if self.pause:
                    self.over.wait(self.pause)
            except Exception as fault:
                self.failures.append(repr(fault))
                kept = None
