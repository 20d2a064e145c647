"""A child that serves on loopback, the members behind it, and clients: everything scripted, nothing pretended.

`Served` forks a child that runs `evenflow.serve.loop.run` until SIGTERM. Members are listening sockets of the test
itself, which plays them step by step, so a story needs no threads and no sleeping. When it is over the child must end
by itself, with no complaint on its standard error and no member busy.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import ssl
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evenflow.origin import Origin
from evenflow.plan.model import Listener
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.loop import run
from tests.proxy.story import World

PATIENCE = 10.0
"""Seconds for what happens at once on an idle machine."""

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def until(holds: Callable[[], Any], what: str = "it") -> Any:
    """Wait for a condition; returns what it gave."""
    end = time.monotonic() + PATIENCE
    while True:
        found = holds()
        if found:
            return found
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.005)


class Peer:
    """One end of a connection, with the patience of a test."""

    def __init__(self, made: Any) -> None:
        self.socket = made
        made.settimeout(PATIENCE)
        self.unread = bytearray()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_until(self, end: bytes) -> bytes:
        """Everything up to `end` inclusive."""
        while (at := self.unread.find(end)) < 0:
            self._more()
        return self._take(at + len(end))

    def read(self, size: int) -> bytes:
        """Exactly so many bytes."""
        while len(self.unread) < size:
            self._more()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        found = bytes(memoryview(self.unread)[:size])
        del self.unread[:size]
        return found

    def _more(self) -> None:
        more = self.socket.recv(65536)
        assert more, f"the connection ended after {bytes(self.unread[-200:])!r}"
        self.unread += more

    def read_to_end(self) -> bytes:
        """Everything up to the end of the connection."""
        while True:
            more = self.socket.recv(65536)
            if not more:
                return self._take(len(self.unread))
            self.unread += more

    def head(self) -> bytes:
        return self.read_until(b"\r\n\r\n")

    def answer(self) -> tuple[int, bytes, bytes]:
        """(status, head, body) of an answer with Content-Length, or with none and no body."""
        head = self.head()
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line[15:])
        return int(head[9:12]), head, self.read(length)

    def expect_end(self) -> None:
        """The other side has closed, or broken, the connection."""
        with contextlib.suppress(ConnectionError):
            rest = self.socket.recv(65536)
            assert not rest, rest

    def silent(self) -> bool:
        """Whether nothing is there to read now."""
        return not self.unread and not select.select([self.socket], [], [], 0)[0]

    def end(self) -> None:
        """Say that nothing more comes."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Break the connection instead of ending it."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.socket.close()


class Member:
    """A member's listening socket; the test says what it does."""

    def __init__(self, rcvbuf: int = 0) -> None:
        self.socket = socket.socket()
        if rcvbuf:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(128)
        self.socket.settimeout(PATIENCE)
        self.port = self.socket.getsockname()[1]
        self.peers: list[Peer] = []

    def accept(self) -> Peer:
        peer = Peer(self.socket.accept()[0])
        self.peers.append(peer)
        return peer

    def unasked(self) -> bool:
        """Whether no connection waits to be accepted."""
        return not select.select([self.socket], [], [], 0)[0]

    def close(self) -> None:
        self.socket.close()
        for peer in self.peers:
            peer.close()


class Served:
    """Use it as a context. `member`, `scope`, `host`, `balancer` are fields of the parts of the plan; the path `/plain`
    leads to the first member without the balancer, `/own` to nobody. `files` limits the child's file descriptors.
    """

    def __init__(
        self,
        folder: Path,
        *members: Member,
        member: dict[str, Any] | None = None,
        scope: dict[str, Any] | None = None,
        host: dict[str, Any] | None = None,
        balancer: dict[str, Any] | None = None,
        tls: bool = False,
        files: int = 0,
        handlers: dict[str, Callable[..., Any]] | None = None,
        arrange: Callable[[World], None] | None = None,
    ) -> None:
        self.folder = folder
        self.members = members
        said: dict[str, dict[str, Any]] = {}
        for index, one in enumerate(members):
            said[f"m{index}"] = {"host": "127.0.0.1", "port": one.port, **(member or {})}
        plain = dict(said["m0"]) if said else {}
        self.world = World(said, scope or {}, host or {}, balancer or {}, plain)
        if members:
            self.world.plain.name += b"/p"
            self.world.host.mappings[1].target = self.world.plain.name  # type: ignore[attr-defined]
            self.world.host.backends.members[b"http://127.0.0.1:%d" % members[0].port] = (self.world.plain,)  # type: ignore[attr-defined]
        if tls:
            self.world.host.tls = True
        if arrange is not None:
            arrange(self.world)
        self.tls = tls
        self.files = files
        self.handlers = handlers or {}
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listening.getsockname()[1]
        self.log = folder / "error.log"
        self.complaints = folder / "stderr"
        self.clients: list[Peer] = []
        self.status: int | None = None
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.line.settimeout(PATIENCE)
        self.pid = os.fork()
        if self.pid == 0:
            self._serve(theirs)
        theirs.close()
        until(self._catches_sigterm, "the child to begin")

    def _serve(self, theirs: socket.socket) -> None:
        code = 1
        try:
            complaints = os.open(self.complaints, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(complaints, 2)
            kept = sorted((self.listening.fileno(), theirs.fileno()))
            for begin, end in zip((2, *kept), (*kept, 1024), strict=True):
                os.closerange(begin + 1, end)
            sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115 - for the rest of its life
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            if self.files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self.files, self.files))
            listener = Listener("127.0.0.1", self.port, self.tls, Origin("test.conf", 1, "Listen"))
            bound = [(self.listening, listener)]
            log = ErrorLog(str(self.log), "info")
            run(self.world.plan, bound, self.world.scoreboard, 0, self.handlers, log, theirs)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def _catches_sigterm(self) -> bool:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) & 1 << signal.SIGTERM - 1)
        raise AssertionError("the child ended before it began: " + self.complaints.read_text())

    def __enter__(self) -> Served:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        for client in self.clients:
            client.close()
        for member in self.members:
            member.close()
        self.listening.close()
        self.line.close()
        if self.status is None:
            os.kill(self.pid, signal.SIGTERM if kind is None else signal.SIGKILL)
            self.wait(kind is None)
        if kind is None:
            assert self.complaints.read_text() == ""
            # Where a call-back that raised is told of.
            assert not self.log.exists() or "Traceback" not in self.log.read_text()
            assert self.status == 0
            assert self.busy() == [0] * len(self.world.plan.members)

    def wait(self, strict: bool = True) -> None:
        """The child ends."""

        def ended() -> bool:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
            return bool(pid)

        try:
            until(ended, "the child's end")
        except AssertionError:
            os.kill(self.pid, signal.SIGKILL)
            _, self.status = os.waitpid(self.pid, 0)
            if strict:
                raise

    def drain(self) -> None:
        """Tell it to finish what is in flight."""
        os.kill(self.pid, signal.SIGTERM)

    def client(self, rcvbuf: int = 0, context: ssl.SSLContext | None = None, name: str = "a.example") -> Peer:
        made = socket.socket()
        if rcvbuf:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        made.settimeout(PATIENCE)
        made.connect(("127.0.0.1", self.port))
        if context is not None:
            made = context.wrap_socket(made, server_hostname=name, suppress_ragged_eofs=False)
        self.clients.append(Peer(made))
        return self.clients[-1]

    def busy(self) -> list[int]:
        return [self.world.scoreboard.member(index, 0).busy for index in range(len(self.world.plan.members))]

    def memory(self) -> int:
        """The most memory that the child ever had, in bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmHWM")

    def logged(self, *words: str) -> str:
        """Wait for a line of the error log with all these words."""

        def found() -> str | None:
            for line in self.log.read_text().splitlines() if self.log.exists() else ():
                if all(word in line for word in words):
                    return line
            return None

        return str(until(found, f"a line with {words}"))


def request(method: str = "GET", target: str = "/", *fields: str, version: str = "1.1") -> bytes:
    """A request's head."""
    return "\r\n".join([f"{method} {target} HTTP/{version}", "Host: www.example", *fields, "", ""]).encode()


def secured(folder: Path, certificate: tuple[str, str], *members: Member, **said: Any) -> Served:
    """A child whose clients speak TLS."""
    host = {"certificates": (certificate,), **said.pop("host", {})}
    return Served(folder, *members, tls=True, host=host, **said)
