"""Which host does a client ask for, before anybody answers its handshake?

OpenSSL asks us for a certificate in the middle of a handshake, when it is too late to ask the client for one, or to
take another protocol. Where virtual hosts of one address differ in that, the client's first flight is looked at before
(RFC 8446 section 4.1.2, RFC 6066 section 3); its bytes stay in the socket. What is no handshake names nobody: OpenSSL
will say what is wrong with it.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio

MOST: Final = 32768
"""Bytes of a first flight that are looked at."""
AGAIN: Final = 0.02
"""Seconds until we look again for the rest: the socket stays readable meanwhile."""
SELDOM: Final = 0.64
"""So long at most. Each time nothing is there we wait twice as long, or clients that send a byte and no more would
cost us a look at every one of them all the time."""
HANDSHAKE: Final = 22
CLIENT_HELLO: Final = 1
RECORD: Final = 5
"""Bytes before what a record holds."""


def server_name(data: bytes) -> bytes | None:
    """The name asked for, lower case, b"" for none; None where more bytes are needed to know it."""
    message = b""
    at = 0
    while True:
        if len(data) < at + RECORD:
            return None if not data[at:] or data[at] == HANDSHAKE else b""
        if data[at] != HANDSHAKE:
            return b""
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        message += data[at + RECORD : at + RECORD + size]
        at += RECORD + size
        if len(message) >= 4:
            if message[0] != CLIENT_HELLO:
                return b""
            whole = 4 + int.from_bytes(message[1:4], "big")
            if len(message) >= whole:
                return name_in(message[4:whole])
            if whole > MOST:
                return b""
        if at > len(data):
            return None


def name_in(hello: bytes) -> bytes:
    """The name in a whole ClientHello; b"" for none, and where it is malformed."""
    at = 34
    try:
        at += 1 + hello[at]
        at += 2 + int.from_bytes(hello[at : at + 2], "big")
        at += 1 + hello[at]
        end = at + 2 + int.from_bytes(hello[at : at + 2], "big")
        at += 2
        while at + 4 <= min(end, len(hello)):
            kind = int.from_bytes(hello[at : at + 2], "big")
            size = int.from_bytes(hello[at + 2 : at + 4], "big")
            if kind == 0 and hello[at + 6] == 0:
                length = int.from_bytes(hello[at + 7 : at + 9], "big")
                return hello[at + 9 : at + 9 + length].lower()
            at += 4 + size
    except IndexError:
        pass
    return b""


def ended(made: socket.socket) -> bool:
    """Whether the other side has said its last byte, read or not."""
    poller = select.poll()
    poller.register(made, select.POLLRDHUP)
    return bool(poller.poll(0))


class AwaitedHello:
    """One socket, which it owns until `then(socket, name)`; dropped after `patience` seconds."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        made: socket.socket,
        patience: float,
        then: Callable[[socket.socket, bytes], None],
    ) -> None:
        self.loop = loop
        self.made = made
        self.then = then
        self.over = False
        self.pause = AGAIN
        self.timer: Any = loop.call_later(patience, self.drop)
        loop.add_reader(made.fileno(), self.look)

    def look(self) -> None:
        """Something is there, or was not enough the last time."""
        if self.over:
            return
        try:
            seen = self.made.recv(MOST, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.drop()
            return
        name = server_name(seen) if seen else b""
        if name is None and len(seen) < MOST:
            if ended(self.made):
                # What it said stays in the socket, and would hide for ever that nothing follows.
                self.drop()
                return
            self.loop.remove_reader(self.made.fileno())
            self.loop.call_later(self.pause, self.look)
            self.pause = min(2 * self.pause, SELDOM)
            return
        self.end()
        try:
            self.then(self.made, name or b"")
        except OSError:
            self.made.close()

    def drop(self) -> None:
        """Close without an answer."""
        if not self.over:
            self.end()
            self.made.close()

    def end(self) -> None:
        self.over = True
        self.timer.cancel()
        self.loop.remove_reader(self.made.fileno())
