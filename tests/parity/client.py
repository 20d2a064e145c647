"""A client that sends bytes as they are written and takes an answer apart without judging it.

It knows one request at a time and what came back: interim answers, the answer, how it was framed, what came after it.
It repairs nothing and retries nothing: what a front does wrong must show.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 12.0
"""Seconds without a byte after which an answer counts as never coming."""


@dataclass(slots=True)
class Answer:
    """One response head with its body."""

    version: str
    status: int
    reason: str
    fields: list[tuple[str, str]]
    body: bytes = b""
    framing: str = "none"
    complete: bool = True
    trailers: list[str] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        """The values of all fields of that name."""
        return [value for key, value in self.fields if key.lower() == name]

    def says_close(self) -> bool:
        return any("close" in value.lower() for value in self.values("connection")) or self.framing == "close"


@dataclass(slots=True)
class Reply:
    """All that came back for one request; `at` is the time of day when the reading began."""

    ending: str = "answer"
    interim: list[Answer] = field(default_factory=list)
    answer: Answer | None = None
    headless: bytes = b""
    after: str = "open"
    tunnel: bytes | None = None
    certificate: str | None = None
    seconds: float = 0.0
    size: int = 0
    """Bytes that came for this request, interim answers and what a tunnel brought included."""
    at: float = field(default_factory=time.time)


class Ended(Exception):
    """The connection ended, with or without a reset."""


class Silent(Exception):
    """Nothing came for too long."""


VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Connection:
    """One connection to a front; over TLS when `server_name` is given (`-` is TLS without a name).

    `shows` is the client's certificate with its key, `speaks` the only version of TLS; `agrees`: it may be
    asked for the certificate later.
    """

    def __init__(
        self, port: int, server_name: str | None, shows: Path | None = None, speaks: str | None = None,
        agrees: bool = False,
    ) -> None:  # fmt: skip
        self.unread = b""
        self.received = 0
        self.certificate: str | None = None
        self.sock: socket.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.secured = server_name is not None
        if server_name is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.post_handshake_auth = agrees
            if shows is not None:
                context.load_cert_chain(shows)
            if speaks is not None:
                context.minimum_version = context.maximum_version = VERSIONS[speaks]
            try:
                secured = context.wrap_socket(self.sock, server_hostname=None if server_name == "-" else server_name)
            except BaseException:
                self.sock.close()
                raise
            self.certificate = hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()
            self.sock = secured

    def close(self) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        """Send what the front will take; a front that has already answered and closed is no error here."""
        try:
            self.sock.sendall(data)
        except (ConnectionError, ssl.SSLError):
            pass

    def dribble(self, data: bytes) -> None:
        """Send byte by byte, so that the front reads many small pieces."""
        for number in range(len(data)):
            self.send(data[number : number + 1])
            if number % 8 == 0:
                time.sleep(0.001)

    def close_our_half(self) -> None:
        """Say that no more will come; the answer is still awaited."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def leave(self, seconds: float) -> Reply:
        """Go away after that time without having read anything."""
        reply = Reply("closed")
        time.sleep(seconds)
        self.close()
        return reply

    def reply(self, method: str) -> Reply:
        """Read interim answers and the answer to one request."""
        reply = Reply(certificate=self.certificate)
        started = time.monotonic()
        before = self.received - len(self.unread)
        try:
            while True:
                answer = self._head(reply)
                if answer is None:
                    break
                if answer.status >= 200 or answer.status == 101:
                    reply.answer = answer
                    if answer.status != 101:
                        self._body(answer, method)
                    break
                reply.interim.append(answer)
        except Ended:
            reply.ending = "closed"
            reply.headless = self.unread
        except Silent:
            reply.ending = "silent"
        reply.seconds = time.monotonic() - started
        reply.size = self.received - len(self.unread) - before
        return reply

    def converse(self, reply: Reply, text: bytes, early: bool, idle: float | None) -> None:
        """Use the tunnel that a 101 opened: hear the text back, close our half, hear the goodbye."""
        heard = self.unread
        self.unread = b""
        head = reply.size
        try:
            if idle is not None:
                started = time.monotonic()
                self.sock.settimeout(idle + 5)
                heard += self._receive()
                reply.seconds = time.monotonic() - started
            else:
                if not early:
                    self.send(text)
                while len(heard) < len(text):
                    heard += self._receive()
                if not self.secured:
                    # TLS cannot close one half from here
                    self.sock.shutdown(socket.SHUT_WR)
                    while True:
                        heard += self._receive()
        except Ended:
            if idle is not None:
                reply.seconds = time.monotonic() - started
            reply.after = "closed"
        except Silent:
            reply.after = "silent"
        reply.tunnel = heard
        reply.size = head + len(heard)

    def aftermath(self, reply: Reply) -> None:
        """What follows the answer: more bytes, a close, or a connection that stays open."""
        expects_close = reply.answer is None or reply.answer.says_close() or reply.answer.version == "HTTP/1.0"
        self.sock.settimeout(3.0 if expects_close else 0.02)
        try:
            data = self.unread or self._receive()
            reply.after = f"more bytes {data[:80]!r}"
        except Ended:
            reply.after = "closed"
        except Silent:
            reply.after = "open"

    def _receive(self) -> bytes:
        try:
            data = self.sock.recv(65536)
        except (TimeoutError, ssl.SSLWantReadError):
            raise Silent from None
        except (ConnectionError, ssl.SSLError, OSError):
            raise Ended from None
        if not data:
            raise Ended
        self.received += len(data)
        return data

    def _head(self, reply: Reply) -> Answer | None:
        while b"\r\n\r\n" not in self.unread:
            try:
                self.unread += self._receive()
            except Ended:
                if self.unread:
                    break
                raise
        if not self.unread.startswith(b"HTTP/"):
            reply.ending = "headless"
            try:
                while True:
                    self.unread += self._receive()
            except (Ended, Silent):
                reply.headless, self.unread = self.unread, b""
            return None
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        version, _, rest = line.partition(" ")
        status, _, reason = rest.partition(" ")
        pairs = []
        for text in fields:
            name, _, value = text.partition(":")
            pairs.append((name, value.strip(" \t")))
        return Answer(version, int(status), reason, pairs)

    def _body(self, answer: Answer, method: str) -> None:
        if method == "HEAD" or answer.status in (204, 304):
            return
        try:
            if any(value.lower() == "chunked" for value in answer.values("transfer-encoding")):
                answer.framing = "chunked"
                self._chunks(answer)
            elif lengths := answer.values("content-length"):
                answer.framing = "length"
                self._take(answer, int(lengths[0]))
            else:
                answer.framing = "close"
                while True:
                    answer.body += self.unread
                    self.unread = b""
                    self.unread = self._receive()
        except (Ended, Silent, ValueError):
            if answer.framing != "close":
                answer.body += self.unread
                answer.complete = False
            self.unread = b""

    def _take(self, answer: Answer, size: int) -> None:
        while size > 0:
            piece = self.unread[:size]
            answer.body += piece
            self.unread = self.unread[size:]
            size -= len(piece)
            if size:
                self.unread = self._receive()

    def _chunks(self, answer: Answer) -> None:
        while True:
            size = int(self._line().partition(b";")[0], 16)
            self._take(answer, size)
            if size == 0:
                break
            if self._line():
                raise ValueError("a chunk is longer than it says")
        while trailer := self._line():
            answer.trailers.append(trailer.decode("latin-1"))

    def _line(self) -> bytes:
        while b"\r\n" not in self.unread:
            self.unread += self._receive()
        line, _, self.unread = self.unread.partition(b"\r\n")
        return line
