"""TLS and HTTP/2 clients that are there while another generation, or another program, takes over: what they have asked
for is answered by whom they have asked, they are told to go, and whoever comes anew is another's.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

import pytest

from tests.control.asking import Askers
from tests.control.processes import PATIENCE, Served, until
from tests.control.programs import alone, another, upgrade
from tests.control.test_reload import LOUD, reload, rewrite
from tests.faults.members import Visit
from tests.faults.members import member as listening_member
from tests.peers import free_port
from tests.serve.http2.client import Answer, Client
from tests.serve.served import Peer
from tests.serve.test_tls import make_certificate

BUILD: Final = b"x-build"
HALF: Final = b"half of it, "
SESSIONS: Final = 4
"""Clients that ask all the time: half of them HTTP/2's."""


class Front:
    """Where clients with TLS get in."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE

    def connect(self, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
        bare = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        return self.context.wrap_socket(bare, server_hostname="wiki.example", session=session)

    def client(self) -> Client:
        """One that speaks HTTP/2."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        bare = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        wrapped = context.wrap_socket(bare, server_hostname="wiki.example")
        assert wrapped.selected_alpn_protocol() == "h2"
        return Client(Peer(wrapped))


def ask(client: Client, path: bytes, method: bytes = b"GET", body: bytes = b"", length: int = 0) -> int:
    """Over HTTP/2; a body that is shorter than `length` goes on."""
    fields = [(b":method", method), (b":scheme", b"https"), (b":authority", b"wiki.example"), (b":path", path)]
    if length:
        fields.append((b"content-length", b"%d" % length))
    return client.ask_as(fields, body, ends=len(body) >= length)


def told(peer: Peer, path: str) -> tuple[bytes, bytes]:
    """Over HTTP/1.1: the head and the body."""
    peer.send(f"GET {path} HTTP/1.1\r\nHost: wiki.example\r\n\r\n".encode())
    status, head, body = peer.answer()
    assert status == 200
    return head.lower(), body


class Asking(Askers):
    """Clients with TLS that ask again and again, on connections that they keep as long as they may."""

    def __init__(self, front: Front) -> None:
        super().__init__(SESSIONS)
        self.front = front

    def __enter__(self) -> Self:
        super().__enter__()
        until(lambda: min(self.answered) > 0 or self.failures != [])
        return self

    def _ask(self, index: int) -> None:
        way = self._over_http2 if index % 2 else self._over_http1
        while not self.over.is_set():
            try:
                way(index)
            except Exception as fault:
                self.failures.append(repr(fault))

    def _done(self, index: int) -> None:
        self.answered[index] += 1
        # Load, but those who take over have to be loaded as well.
        self.over.wait(0.01)

    def _over_http1(self, index: int) -> None:
        with self.front.connect() as made:
            head = b""
            while b"connection: close" not in head and not self.over.is_set():
                head, body = told(Peer(made), "/app")
                assert body == b"hello"
                self._done(index)

    def _over_http2(self, index: int) -> None:
        client = self.front.client()
        while client.goaway is None and not self.over.is_set():
            answer = unless_refused(client, ask(client, b"/app"))
            if answer is None:
                break
            assert (answer.status, answer.body) == (200, b"hello")
            self._done(index)
        client.peer.socket.close()


def unless_refused(client: Client, number: int) -> Answer | None:
    """The answer; None where GOAWAY has crossed the request, which then is nobody's and may be sent again."""
    answer = client.answers[number]
    while not answer.ended:
        assert answer.reset is None
        if not client.read():
            assert client.goaway == 0 and client.last < number, f"no answer, GOAWAY {client.goaway}"
            return None
    return answer


def member_of(gate: threading.Event) -> Callable[[Visit], bool]:
    """Says hello; /slow stops half way until the gate opens, and /echo says back what it is sent."""

    def behave(visit: Visit) -> bool:
        if visit.path == "/slow":
            visit.link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * len(HALF)) + HALF)
            gate.wait(4 * PATIENCE)
            visit.link.sendall(HALF)
        elif visit.path == "/echo":
            visit.answer(b"".join(visit.body()))
        else:
            visit.answer(b"hello")
        return True

    return behave


def by_reload(server: Served, tmp_path: Path) -> None:
    reload(server)


def by_upgrade(server: Served, tmp_path: Path) -> None:
    assert upgrade(server, another(tmp_path, "7.0.0"))["ok"]
    until(lambda: alone(server))


@pytest.mark.parametrize("take_over", [by_reload, by_upgrade])
def test_nobody_loses_what_was_asked_and_who_comes_anew_is_anothers(
    serve: Callable[..., Served], tmp_path: Path, take_over: Callable[[Served, Path], None]
) -> None:
    certificate, key = make_certificate(tmp_path, "wiki.example")
    (tmp_path / "tickets.key").write_bytes(bytes(range(48)))
    front, gate = Front(free_port()), threading.Event()
    with listening_member(member_of(gate)) as member:
        server = serve(
            LOUD + f"Listen 127.0.0.1:{front.port} https\n<VirtualHost 127.0.0.1:{front.port}>\n"
            "ServerName wiki.example\nProtocols h2 http/1.1\nKeepAliveTimeout 60\nSSLEngine on\n"
            f"SSLCertificateFile {certificate}\nSSLCertificateKeyFile {key}\n"
            f"SSLSessionTicketKeyFile {tmp_path}/tickets.key\nHeader set X-Build one\n"
            f"ProxyPass /app http://127.0.0.1:{member.port}/app\nProxyPass /slow http://127.0.0.1:{member.port}/slow\n"
            f"ProxyPass /echo http://127.0.0.1:{member.port}/echo\n</VirtualHost>",
            "--children", "2",
        ).ready()  # fmt: skip
        try:
            # Held open: two requests of one HTTP/2 client under way, one that is idle, one of HTTP/1.1 in each state.
            busy, idle = front.client(), front.client()
            kept, waits = Peer(front.connect()), Peer(front.connect())
            slow = ask(busy, b"/slow")
            while busy.answers[slow].body != HALF:
                assert busy.read()
            sends = ask(busy, b"/echo", b"POST", HALF, 2 * len(HALF))
            assert idle.answer(ask(idle, b"/app")).get(BUILD) == b"one"
            assert b"x-build: one" in told(kept, "/app")[0]
            waits.send(b"GET /slow HTTP/1.1\r\nHost: wiki.example\r\n\r\n")
            assert b"x-build: one" in waits.head().lower()
            session = kept.socket.session
            rewrite(server, "X-Build one", "X-Build two")
            with Asking(front) as asking:
                take_over(server, tmp_path)
                before = list(asking.answered)
                until(lambda: all(now > then for now, then in zip(asking.answered, before, strict=True)))
            assert asking.failures == []
            # Who comes anew is with the younger generation, and is still known.
            with front.connect(session) as again:
                assert again.session_reused
                assert b"x-build: two" in told(Peer(again), "/app")[0]
            newcomer = front.client()
            assert newcomer.answer(ask(newcomer, b"/app")).get(BUILD) == b"two"
            assert newcomer.goaway is None
            # Who was there is told, and keeps what he has asked for.
            assert idle.until_end() == 0
            while busy.goaway is None:
                assert busy.read()
            assert (busy.goaway, busy.last) == (0, sends)
            assert not busy.answers[slow].ended and not busy.answers[sends].ended
            gate.set()
            busy.send(sends, HALF, ends=True)
            assert busy.answer(slow).body == HALF * 2
            assert busy.answer(sends).body == HALF * 2 and busy.answers[sends].get(BUILD) == b"one"
            assert busy.until_end() == 0
            assert waits.read(2 * len(HALF)) == HALF * 2
            # HTTP/1.1 can say it with an answer only.
            for one in (kept, waits):
                head, body = told(one, "/app")
                assert b"x-build: one" in head and b"connection: close" in head and body == b"hello"
                assert one.read_to_end() == b""
            # Then those who served them are gone.
            until(lambda: len(server.children()) == 2)
            newcomer.peer.socket.close()
        finally:
            gate.set()
