"""A tunnel through another proxy to a member that speaks TLS (ProxyRemote): CONNECT, before the handshake.

It reads no byte behind the other proxy's answer: those are the member's. A refusal is a connect that failed.
"""

from __future__ import annotations

import socket
from typing import Any, Final

from evenflow.plan.model import Member

MOST_ANSWER: Final = 8192
"""Bytes of the other proxy's head, at most."""


def request_for(member: Member, token: bytes) -> bytes:
    """What the other proxy is asked, in httpd's words."""
    authority = member.host if ":" not in member.host else f"[{member.host}]"
    return b"CONNECT %s:%d HTTP/1.0\r\nProxy-agent: %s\r\n\r\n" % (authority.encode("idna"), member.port, token)


class Passage:
    """Asks for the tunnel on a connection that is there, and tells the connection: `passed`, or `not_passed`."""

    def __init__(self, connection: Any, member: Member, token: bytes) -> None:
        self.connection = connection
        self.loop = connection.server.loop
        self.fd: int = connection.fd
        self.member = member
        self.token = token
        self.reading = False
        self.head = bytearray()
        """So much of its answer as has come."""

    def begin(self) -> None:
        """Ask."""
        try:
            request = request_for(self.member, self.token)
        except UnicodeError:
            self.connection.not_passed("the member's name cannot be asked for")
            return
        if not self.send(request):
            self.connection.not_passed("the other proxy takes nothing")
            return
        self.reading = True
        self.loop.add_reader(self.fd, self.go_on)

    def send(self, request: bytes) -> bool:
        """A connection that has just been made takes so little at once, or it is broken."""
        borrowed = socket.socket(fileno=self.fd)
        try:
            return borrowed.send(request) == len(request)
        except OSError:
            return False
        finally:
            borrowed.detach()

    def go_on(self) -> None:
        """The loop's call-back: something has come."""
        borrowed = socket.socket(fileno=self.fd)
        try:
            cause = self.look(borrowed)
        finally:
            borrowed.detach()
        if cause is None:
            return
        self.stop()
        if cause:
            self.connection.not_passed(cause)
        else:
            self.connection.passed()

    def look(self, borrowed: socket.socket) -> str | None:
        """"" for a tunnel, why not, or None while the answer is not whole. What is taken is looked at before: a byte
        behind the head is the member's."""
        try:
            seen = borrowed.recv(MOST_ANSWER, socket.MSG_PEEK)
            if not seen:
                return "the other proxy closed the connection"
            # The end of the head may lie between what was taken and what is seen now.
            end = (bytes(self.head[-3:]) + seen).find(b"\r\n\r\n")
            size = len(seen) if end < 0 else end + 4 - len(self.head[-3:])
            self.head += borrowed.recv(size)
        except BlockingIOError:
            return None
        except OSError as fault:
            return f"the other proxy: {fault.strerror}"
        if end < 0:
            return "the other proxy answered with too long a head" if len(self.head) >= MOST_ANSWER else None
        words = bytes(self.head).partition(b"\r\n")[0].split(None, 2)
        if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
            return "the other proxy speaks no HTTP"
        if not words[1].startswith(b"2") or len(words[1]) != 3:
            return f"the other proxy answered {words[1].decode('latin-1')}"
        return ""

    def stop(self) -> None:
        """Be told no more."""
        if self.reading:
            self.reading = False
            self.loop.remove_reader(self.fd)
