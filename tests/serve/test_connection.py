"""Back-pressure: who is slow slows down who is fast, and what waits in between has a bound."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import select
import socket
import ssl
import threading
from pathlib import Path

import pytest

from evenflow.serve.connection import Connection, farewell_of, os_shutdown, send_some
from tests.serve.served import OK, Member, Peer, Served, request, until
from tests.serve.test_server import make_server
from tests.serve.test_tls import make_certificate

PIECE = os.urandom(1 << 20)
PIECES = 48
MOST_MORE = 12 << 20
"""Bytes by which the child may grow while so many pieces pass: some buffers, never the body."""

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


class Pusher(threading.Thread):
    """Sends the pieces as fast as they are taken."""

    def __init__(self, peer: Peer) -> None:
        super().__init__()
        self.peer = peer
        self.sent = 0
        self.start()

    def run(self) -> None:
        for _ in range(PIECES):
            self.peer.send(PIECE)
            self.sent += 1

    def stuck(self) -> bool:
        """Nobody takes any more: the count stands still although there is time."""
        before = self.sent
        self.join(0.3)
        return (self.sent == before > 0) or not self.is_alive()


def read_pieces(peer: Peer) -> None:
    """Exactly the pieces."""
    wanted = hashlib.sha256(PIECE).digest()
    for _ in range(PIECES):
        assert hashlib.sha256(peer.read(len(PIECE))).digest() == wanted


@pytest.mark.parametrize("way", ["download", "upload", "chunked", "tunnel-down", "tunnel-up"])
def test_a_slow_reader_stops_the_sender(tmp_path: Path, way: str) -> None:
    member = Member(rcvbuf=65536)
    with Served(tmp_path, member, member={"upgrade": (b"websocket",)}) as served:
        client = served.client(rcvbuf=65536)
        size = PIECES * len(PIECE)
        if way.startswith("tunnel"):
            client.send(request("GET", "/", "Upgrade: websocket"))
        else:
            client.send(request("POST", "/", f"Content-Length: {size}") if way == "upload" else request())
        peer = member.accept()
        peer.head()
        if way == "download":
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        elif way == "chunked":
            peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        elif way != "upload":
            peer.send(SWITCH)
        if way != "upload":
            client.head()
        before = served.memory()
        fast, slow = (client, peer) if way in ("upload", "tunnel-up") else (peer, client)
        pusher = Pusher(fast)
        until(pusher.stuck, "the sender to be stopped")
        assert pusher.is_alive(), "everything was taken although nobody read"
        if way == "chunked":
            pusher_end = threading.Thread(target=lambda: (pusher.join(), fast.close()))
            pusher_end.start()
            read_chunked(slow, size)
            pusher_end.join()
        else:
            read_pieces(slow)
        pusher.join()
        assert served.memory() - before < MOST_MORE
        if way == "upload":
            peer.send(OK)
            assert client.answer()[0] == 200


def read_chunked(peer: Peer, size: int) -> None:
    """A chunked body of the pieces."""
    seen = hashlib.sha256()
    while length := int(peer.read_until(b"\r\n"), 16):
        seen.update(peer.read(length))
        size -= length
        peer.read(2)
    peer.read(2)
    assert size == 0
    wanted = hashlib.sha256()
    for _ in range(PIECES):
        wanted.update(PIECE)
    assert seen.digest() == wanted.digest()


def test_closing_twice_closes_once(tmp_path: Path) -> None:
    server = make_server(tmp_path)
    one, other = socket.socketpair()
    connection = Connection(server, one.detach(), None)
    connection.close()
    reused = os.open(os.devnull, os.O_RDONLY)
    connection.close()
    os.close(reused)
    assert connection.closed
    assert other.recv(1) == b""
    other.close()


def test_reading_starts_and_stops(tmp_path: Path) -> None:
    told = []

    class Listening(Connection):
        def on_readable(self) -> None:
            told.append(os.read(self.fd, 10))
            self.server.loop.stop()

    loop = asyncio.new_event_loop()
    server = make_server(tmp_path)
    one, other = socket.socketpair()
    one.setblocking(False)
    from evenflow.serve.access_log import AccessLogs
    from evenflow.serve.error_log import ErrorLog
    from evenflow.serve.resolver import Resolver
    from evenflow.serve.server import Server

    log = ErrorLog(str(tmp_path / "error.log"))
    server = Server(loop, server.routes, Resolver(loop), {}, log, AccessLogs(server.routes.plan, log))
    connection = Listening(server, one.detach(), None)
    connection.start_reading()
    connection.start_reading()
    other.send(b"a")
    loop.run_forever()
    connection.stop_reading()
    other.send(b"b")
    loop.run_until_complete(asyncio.sleep(0))
    assert told == [b"a"]
    connection.start_reading()
    loop.run_forever()
    assert told == [b"a", b"b"]
    connection.close()
    assert not connection.reading
    loop.close()
    other.close()


def test_shutting_a_descriptor_leaves_it_open() -> None:
    one, other = socket.socketpair()
    os_shutdown(one.fileno())
    assert other.recv(1) == b""
    other.send(b"x")
    assert one.recv(1) == b"x"
    one.close()
    other.close()


def secured(folder: Path) -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    """Both ends of a connection with TLS, ours first; ours does not wait."""
    certificate, key = make_certificate(folder, "a.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    ours, theirs = socket.socketpair()
    made: list[ssl.SSLSocket] = []
    thread = threading.Thread(target=lambda: made.append(client.wrap_socket(theirs, suppress_ragged_eofs=False)))
    thread.start()
    near = server.wrap_socket(ours, server_side=True, suppress_ragged_eofs=False)
    thread.join()
    near.setblocking(False)
    return near, made[0]


def test_who_says_that_nothing_more_comes_loses_nothing_of_what_does(tmp_path: Path) -> None:
    near, far = secured(tmp_path)
    with near, far:
        far.sendall(b"under way")
        word = farewell_of(near)
        assert word
        assert near.recv(100) == b"under way"
        assert send_some(near.fileno(), word) == len(word)
        # The other end sees our end, and can still speak.
        assert far.recv(1) == b""
        far.sendall(b"more")
        assert near.recv(100) == b"more"
        with contextlib.suppress(ssl.SSLWantReadError):
            far.setblocking(False)
            far.unwrap()
        with contextlib.suppress(ssl.SSLZeroReturnError):
            assert near.recv(1) == b""


def test_a_farewell_goes_through_epoll_unnoticed(tmp_path: Path) -> None:
    near, far = secured(tmp_path)
    with near, far, select.epoll() as poll:
        poll.register(near.fileno(), select.EPOLLIN)
        farewell_of(near)
        assert poll.poll(0) == []
        far.sendall(b"x")
        assert poll.poll(5) == [(near.fileno(), select.EPOLLIN)]
        assert os.get_inheritable(near.fileno()) is False


def test_a_farewell_that_the_socket_does_not_take_is_said_later(tmp_path: Path) -> None:
    near, far = secured(tmp_path)
    with near, far:
        full = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                full += os.write(near.fileno(), bytes(65536))
        assert send_some(near.fileno(), b"x") == 0
