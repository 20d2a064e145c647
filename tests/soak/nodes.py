"""Nodes that come and go on a port of their own, and clients that keep account of what they were answered."""

from __future__ import annotations

import contextlib
import http.client
import random
import socket
import struct
import threading
import time
from typing import Final

from tests.peers import free_port

PATIENCE: Final = 20.0
UPGRADE: Final = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
GOODBYE: Final = b"\x88\x02\x03\xe9"
PING: Final = b"\x81\x05hello"


class Node:
    """A small server: every GET has the node's route and a cookie, an Upgrade becomes an echo."""

    def __init__(self, route: str) -> None:
        self.route = route
        self.port = free_port()
        self.listening: socket.socket | None = None
        self.links: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.deaths = 0

    def start(self) -> None:
        made = socket.create_server(("127.0.0.1", self.port), backlog=256)
        self.listening = made
        threading.Thread(target=self._accept, args=(made,), daemon=True).start()

    def kill(self) -> None:
        """As a crash would: nobody listens, and all connections are reset."""
        assert self.listening is not None
        self.deaths += 1
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.listening = None
        with self.lock:
            for link in self.links:
                with contextlib.suppress(OSError):
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    link.shutdown(socket.SHUT_RDWR)
            self.links.clear()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                link, _ = listening.accept()
            except OSError:
                return
            with self.lock:
                self.links.add(link)
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        link.settimeout(PATIENCE * 6)
        try:
            unread = b""
            while True:
                while b"\r\n\r\n" not in unread:
                    piece = link.recv(65536)
                    if not piece:
                        return
                    unread += piece
                head, _, unread = unread.partition(b"\r\n\r\n")
                if b"upgrade: websocket" in head.lower():
                    link.sendall(UPGRADE.encode())
                    while piece := link.recv(65536):
                        link.sendall(piece)
                    return
                body = self.route.encode()
                link.sendall(
                    b"HTTP/1.1 200 OK\r\nSet-Cookie: R=x.%b; path=/\r\nContent-Length: %d\r\n\r\n%b"
                    % (body, len(body), body)
                )
        except OSError:
            pass
        finally:
            with self.lock:
                self.links.discard(link)
            link.close()


class Account:
    """What all clients were answered."""

    def __init__(self) -> None:
        self.answered = 0
        self.faults: list[str] = []
        self.echoes = 0
        self.goodbyes = 0
        self.over = threading.Event()

    def fault(self, what: str) -> None:
        self.faults.append(f"{time.strftime('%X')} {what}")


def ask(account: Account, port: int, keeps: bool, sticks: bool) -> None:
    """Requests one after the other: kept connections or new ones, with a session or without."""
    kept: http.client.HTTPConnection | None = None
    cookie = ""
    while not account.over.is_set():
        try:
            if kept is None:
                kept = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            kept.request("GET", "/page", headers={"Cookie": cookie} if cookie else {})
            answer = kept.getresponse()
            body = answer.read()
            if answer.status != 200 or not body:
                account.fault(f"status {answer.status}")
            account.answered += 1
            if sticks:
                cookie = (answer.getheader("Set-Cookie") or cookie).partition(";")[0]
            if not keeps or answer.will_close:
                kept.close()
                kept = None
        except Exception as fault:
            account.fault(repr(fault))
            kept = None
        account.over.wait(0.005)


def edit(account: Account, port: int, nodes: list[Node]) -> None:
    """A tunnel that is spoken through all the time; it is opened again only where there was a reason for its end."""
    while not account.over.is_set():
        deaths = sum(node.deaths for node in nodes)
        try:
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
                client.sendall(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = client.recv(4096)
                    if not piece:
                        raise ConnectionError("no answer to an upgrade")
                    head += piece
                if not head.startswith(b"HTTP/1.1 101"):
                    account.fault(f"an upgrade was answered {head[:40]!r}")
                    continue
                while not account.over.is_set():
                    client.sendall(PING)
                    said = client.recv(len(PING))
                    if said[:4] == GOODBYE:
                        account.goodbyes += 1
                        break
                    while said and len(said) < len(PING):
                        more = client.recv(len(PING) - len(said))
                        if not more:
                            break
                        said += more
                    if said != PING:
                        raise ConnectionError(f"the tunnel ended with {said!r}")
                    account.echoes += 1
                    account.over.wait(0.02)
        except OSError as fault:
            # A node that dies takes its tunnels with it.
            if sum(node.deaths for node in nodes) == deaths:
                account.fault(f"tunnel: {fault!r}")


def dawdle(account: Account, port: int) -> None:
    """A client that is slow in both directions: a head in pieces, an answer that is taken a few bytes at a time."""
    request = b"GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    while not account.over.is_set():
        try:
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
                client.settimeout(PATIENCE)
                for at in range(0, len(request), 8):
                    client.sendall(request[at : at + 8])
                    account.over.wait(0.05)
                answer = b""
                while piece := client.recv(16):
                    answer += piece
                    account.over.wait(0.02)
            if not answer.startswith(b"HTTP/1.1 200 ") or answer[-2:-1] != b"n":
                account.fault(f"a slow client was answered {answer[:60]!r}")
            account.answered += 1
        except OSError as fault:
            account.fault(f"slow client: {fault!r}")


def vanish(account: Account, port: int) -> None:
    """Clients that begin and are gone: half a head, half a body, an answer that nobody reads."""
    pieces = (
        b"GET /pa", b"POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf", b"GET /page HTTP/1.1\r\n"
        b"Host: a\r\n\r\n" * 20,
    )  # fmt: skip
    chance = random.Random(7)
    while not account.over.is_set():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            client.sendall(chance.choice(pieces))
            account.over.wait(chance.uniform(0.0, 0.2))
            if chance.random() < 0.5:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        account.over.wait(0.05)
