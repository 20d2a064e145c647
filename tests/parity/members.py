"""Recording members: small HTTP servers on loopback that write down what they receive and answer as a case tells them.

A member reads as a strict origin server would and keeps every byte of the head. It knows nothing of the proxy in front
of it. One thread a connection: what a member does is a straight line, also where it waits, resets or tunnels.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.peers import free_port

from .casebook import Act, Body, Script, Send, Step, Wait, steps

PATIENCE = 20.0
"""Seconds that a member waits for a byte before it gives the connection up."""
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accepting(key: bytes) -> bytes:
    """What shows that a Sec-WebSocket-Key was read (RFC 6455 section 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + MAGIC).digest())


@dataclass(slots=True)
class Received:
    """One request as a member saw it; `first` says that it was the first on its connection."""

    member: str
    line: bytes
    fields: list[bytes]
    first: bool
    body: bytes = b""
    complete: bool = True
    tunnel: bytes = b""

    def value(self, name: bytes) -> bytes | None:
        """The first field of that name, or None."""
        for text in self.fields:
            key, _, value = text.partition(b":")
            if key.lower() == name:
                return value.strip()
        return None


@dataclass(slots=True)
class Chronicle:
    """What all members received, in the order in which the heads arrived."""

    entries: list[Received] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, received: Received) -> None:
        with self.lock:
            self.entries.append(received)

    def mark(self) -> int:
        with self.lock:
            return len(self.entries)

    def since(self, mark: int) -> list[Received]:
        with self.lock:
            return self.entries[mark:]


class _Gone(Exception):
    """The other side has closed, or said nothing for too long."""


class Member:
    """One listening member. `address` is what a configuration calls it."""

    def __init__(self, name: str, chronicle: Chronicle) -> None:
        self.context: ssl.SSLContext | None = None
        """With one it speaks TLS."""
        self.name = name
        self.chronicle = chronicle
        self.listener = socket.create_server(("127.0.0.1", free_port()), backlog=64)
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.scripts: dict[str | None, list[Step]] = {}
        self.threads: list[threading.Thread] = []
        threading.Thread(target=self._accept, name=f"member {name}", daemon=True).start()

    def follow(self, scripts: Iterable[Script]) -> None:
        """Forget the last case; answer by these scripts from now on."""
        self.scripts = {script.path: steps(script.text) for script in scripts if self.name in script.members}

    def settle(self, seconds: float) -> None:
        """Wait until every connection has ended, so that the chronicle is complete."""
        deadline = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self.threads = [thread for thread in self.threads if thread.is_alive()]

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(PATIENCE)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        if self.context is not None:
            try:
                sock = self.context.wrap_socket(sock, server_side=True, suppress_ragged_eofs=True)
            except (OSError, ValueError):
                sock.close()
                return
        with sock:
            try:
                conversation = _Conversation(self, sock)
                while conversation.one_request():
                    pass
            except (_Gone, OSError, ValueError, IndexError):
                pass  # what came so far is written down; a front that sends nonsense shows in the comparison


class _Conversation:
    """One connection to a member: the bytes that were read and not used yet, and what is being answered."""

    def __init__(self, member: Member, sock: socket.socket) -> None:
        self.member = member
        self.sock = sock
        self.served = 0
        self.unread = b""

    def one_request(self) -> bool:
        """Read a request and answer it; say whether the connection goes on."""
        received = self.head()
        self.member.chronicle.add(received)
        script = self.script(received)
        chosen = script if script is not None else self.echo(received)
        if not any(isinstance(step, Act) and step.what in ("body", "unread") for step in chosen):
            self.body(received)
        for step in chosen:
            match step:
                case Send(data):
                    self.sock.sendall(data)
                case Body(data):
                    if not received.line.startswith(b"HEAD "):
                        self.sock.sendall(data)
                case Wait(seconds):
                    time.sleep(seconds)
                case Act("body"):
                    self.body(received)
                case Act("unread"):
                    pass
                case Act("tunnel"):
                    self.tunnel(received)
                    return False
                case Act("reset"):
                    # time for what was sent before to be read: a reset throws away what waits in the peer's buffer
                    time.sleep(0.2)
                    self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return False
                case Act():
                    return False
        closes = any(isinstance(step, Send) and b"\r\nConnection: close\r\n" in step.data for step in chosen)
        return not closes and (received.value(b"connection") or b"").lower() != b"close"

    def script(self, received: Received) -> list[Step] | None:
        path = received.line.split(b" ")[1].partition(b"?")[0].decode("latin-1")
        scripts = self.member.scripts
        return scripts[path] if path in scripts else scripts.get(None)

    def echo(self, received: Received) -> list[Step]:
        """The answer of a member without a script: who it is and what it was asked for, or an echoing tunnel."""
        token = received.value(b"upgrade")
        if token is not None and token.lower() == b"websocket":
            key = received.value(b"sec-websocket-key")
            said = b"" if key is None else b"Sec-WebSocket-Accept: %s\r\n" % accepting(key)
            head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: %s\r\nConnection: Upgrade\r\n%s\r\n" % (token, said)
            return [Send(head), Act("tunnel")]
        text = b"%s: %s\n" % (self.member.name.encode(), received.line.rpartition(b" ")[0])
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Member: %s\r\nContent-Length: %d\r\n\r\n"
        answer: list[Step] = [Send(head % (self.member.name.encode(), len(text))), Body(text)]
        if (received.value(b"expect") or b"").lower() == b"100-continue":
            return [Send(b"HTTP/1.1 100 Continue\r\n\r\n"), Act("body"), *answer]
        return answer

    def head(self) -> Received:
        while b"\r\n\r\n" not in self.unread:
            self.more()
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        line, *fields = head.split(b"\r\n")
        self.served += 1
        return Received(self.member.name, line, fields, self.served == 1)

    def body(self, received: Received) -> None:
        """Read the request's body into its record, as the framing fields say."""
        received.complete = False
        if (received.value(b"transfer-encoding") or b"").lower() == b"chunked":
            while True:
                size = int(self.line().partition(b";")[0], 16)
                received.body += self.exactly(size)
                if size == 0:
                    break
                self.exactly(2)
            while trailer := self.line():
                received.fields.append(b"(trailer) " + trailer)
        elif length := received.value(b"content-length"):
            received.body += self.exactly(int(length))
        received.complete = True

    def tunnel(self, received: Received) -> None:
        """Echo until the other side has closed its half; then say goodbye and close ours."""
        data = self.unread
        while True:
            received.tunnel += data
            if data:
                self.sock.sendall(data)
            data = self.sock.recv(65536)
            if not data:
                break
        self.sock.sendall(b"bye")

    def line(self) -> bytes:
        while b"\r\n" not in self.unread:
            self.more()
        line, _, self.unread = self.unread.partition(b"\r\n")
        return line

    def exactly(self, size: int) -> bytes:
        pieces = [self.unread]
        have = len(self.unread)
        while have < size:
            data = self.sock.recv(65536)
            if not data:
                raise _Gone
            pieces.append(data)
            have += len(data)
        whole = b"".join(pieces)
        self.unread = whole[size:]
        return whole[:size]

    def more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise _Gone
        self.unread += data
