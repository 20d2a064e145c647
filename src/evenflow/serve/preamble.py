"""A connection whose PROXY preamble has not come whole: before TLS, before HTTP, before it counts as a client.

It looks at what came without taking it, and takes what belongs to the preamble; so the first byte behind it is still
the socket's. Who sends anything else is dropped without an answer, as httpd does.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from evenflow.wire.faults import ProtocolFault
from evenflow.wire.proxy_protocol import MOST_BINARY, Preamble, read_preamble

if TYPE_CHECKING:
    import asyncio

    from evenflow.serve.error_log import ErrorLog


class AwaitedPreamble:
    """One socket, which it owns until `then(socket, preamble)`; dropped after `patience` seconds."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        log: ErrorLog,
        made: socket.socket,
        peer: bytes,
        patience: float,
        then: Callable[[socket.socket, Preamble], None],
    ) -> None:
        self.loop = loop
        self.log = log
        self.made = made
        self.peer = peer
        self.then = then
        self.taken = b""
        self.over = False
        self.timer: Any = loop.call_later(patience, self.drop, "it did not come in time")
        loop.add_reader(made.fileno(), self.on_readable)

    def on_readable(self) -> None:
        """Some of it is there."""
        if self.over:
            return
        try:
            seen = self.made.recv(MOST_BINARY, socket.MSG_PEEK)
            if not seen:
                self.drop("the connection ended before it was whole")
                return
            preamble = read_preamble(self.taken + seen)
            size = len(seen) if preamble is None else preamble.size - len(self.taken)
            self.taken += self.made.recv(size)
        except (BlockingIOError, InterruptedError):
            return
        except ProtocolFault as fault:
            self.drop(fault.message)
            return
        except OSError as fault:
            self.drop(fault.strerror or "the connection broke")
            return
        if preamble is not None:
            self.end()
            try:
                self.then(self.made, preamble)
            except OSError:
                self.made.close()

    def drop(self, why: str) -> None:
        """Close without an answer."""
        if self.over:
            return
        self.end()
        self.made.close()
        self.log.info("PROXY preamble refused", "preamble", why=why, client=self.peer.decode("latin-1"))

    def end(self) -> None:
        self.over = True
        self.timer.cancel()
        self.loop.remove_reader(self.made.fileno())
