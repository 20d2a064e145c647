"""A child at work: it accepts, speaks TLS, sends files, runs out of descriptors, writes its logs, and ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import threading
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.patterns import BoundedPattern
from evenflow.plan.rewrite import Rule
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.loop import Work, new_event_loop, plain_address, tell_of_mistake
from evenflow.slotmem.children import ChildState
from tests.proxy.story import World
from tests.serve.served import OK, PATIENCE, Member, Peer, Served, request, secured, until

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


@pytest.fixture
def member() -> Member:
    return Member()


@pytest.mark.parametrize(
    ("text", "plain"),
    [("10.0.0.1", b"10.0.0.1"), ("::ffff:10.0.0.1", b"10.0.0.1"), ("::1", b"::1"), ("fe80::1%eth0", b"fe80::1")],
)
def test_addresses_as_httpd_writes_them(text: str, plain: bytes) -> None:
    assert plain_address(text) == plain


def test_the_event_loop_is_uvloops_where_it_is_installed() -> None:
    loop = new_event_loop()
    try:
        import uvloop

        assert isinstance(loop, uvloop.Loop)
    finally:
        loop.close()


# --- mistakes of ours ---------------------------------------------------------------------------------------------


class Alarm:
    """What a call for deadlines and a tick see of a server and its client."""

    def __init__(self, log: ErrorLog) -> None:
        self.server = SimpleNamespace(log=log, loop=self, draining=False, clients={self}, http2=set())
        self.called: list[str] = []

    def on_read_timeout(self, now: float) -> None:
        self.called.append("read timeout")
        raise ZeroDivisionError("what nobody thought of")

    def call_later(self, seconds: float, what: object) -> None:
        self.called.append("again")

    def stop(self) -> None:
        self.called.append("the end")


def test_a_tick_that_fails_is_not_the_last(tmp_path: Path) -> None:
    alarm = Alarm(ErrorLog(str(tmp_path / "log")))
    work = Work.__new__(Work)
    work.server = cast(Any, alarm.server)
    with pytest.raises(AttributeError):
        work.tick()
    assert alarm.called == ["again"]
    alarm.server.draining = True
    alarm.server.clients.clear()
    with pytest.raises(AttributeError):
        work.tick()
    assert alarm.called == ["again", "the end"]


def test_the_error_log_is_told_of_call_backs_that_fail(tmp_path: Path) -> None:
    log = ErrorLog(str(tmp_path / "log"))
    loop = new_event_loop()
    try:
        loop.set_exception_handler(partial(tell_of_mistake, log))
        loop.call_soon(Alarm(log).on_read_timeout, 1.0)
        loop.call_soon(loop.stop)
        loop.run_forever()
    finally:
        loop.close()
    text = (tmp_path / "log").read_text()
    assert "Traceback" in text and "ZeroDivisionError: what nobody thought of" in text


# --- the end ------------------------------------------------------------------------------------------------------


def test_it_ends_when_it_is_told(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        served.client().send(b"")
        served.drain()
        served.wait()
        assert served.status == 0


def test_its_row_says_what_it_does(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        row = served.world.scoreboard.child(0)
        assert row.state != ChildState.DRAINING
        until(lambda: row.last_beat > 0)
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        served.drain()
        until(lambda: row.state == ChildState.DRAINING)
        peer.send(OK)
        client.answer()


def test_what_is_in_flight_is_finished(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        busy, idle = served.client(), served.client()
        idle.send(request("GET", "/own"))
        assert idle.answer()[0] == 404
        busy.send(request("POST", "/", "Content-Length: 5") + b"he")
        peer = member.accept()
        peer.head()
        served.drain()
        idle.expect_end()
        served.listening.close()
        until(lambda: refuses(served.port), "new connections to be refused")
        busy.send(b"llo")
        assert peer.read(5) == b"hello"
        peer.send(OK)
        assert busy.answer()[0] == 200
        busy.expect_end()
        served.wait()
        assert served.status == 0


def refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_connection_that_waits_to_be_accepted_is_served(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        served.client().send(request("GET", "/own"))
        served.clients[0].answer()
        os.kill(served.pid, signal.SIGSTOP)
        late = served.client()
        late.send(request("GET", "/own"))
        served.drain()
        os.kill(served.pid, signal.SIGCONT)
        assert late.answer()[0] == 404
        late.expect_end()
        served.wait()


def test_everybody_who_waits_is_served_before_the_end(tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        os.kill(served.pid, signal.SIGSTOP)
        clients = [served.client() for _ in range(200)]
        for client in clients:
            client.send(request("GET", "/own"))
        served.drain()
        os.kill(served.pid, signal.SIGCONT)
        for client in clients:
            assert client.answer()[0] == 404
        served.wait()


def test_tunnels_outlive_the_order_to_end(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, member={"upgrade": (b"websocket",)}) as served:
        client = served.client()
        client.send(request("GET", "/", "Upgrade: websocket"))
        peer = member.accept()
        peer.head()
        peer.send(SWITCH)
        client.head()
        idle = served.client()
        idle.send(request("GET", "/own"))
        idle.answer()
        served.drain()
        idle.expect_end()
        client.send(b"still")
        assert peer.read(5) == b"still"
        client.close()
        peer.expect_end()
        peer.close()
        served.wait()


# --- descriptors --------------------------------------------------------------------------------------------------


def test_it_survives_having_few_descriptors(tmp_path: Path) -> None:
    with Served(tmp_path, files=40) as served:
        first = served.client()
        first.send(request("GET", "/own"))
        assert first.answer()[0] == 404
        many = [served.client() for _ in range(60)]
        served.logged("not accepting", "few descriptors are left")
        first.send(request("GET", "/own"))
        assert first.answer()[0] == 404
        for client in many[:50]:
            client.close()
        for client in many[50:]:
            client.send(request("GET", "/own"))
            assert client.answer()[0] == 404


# --- TLS ----------------------------------------------------------------------------------------------------------


def test_requests_over_tls(
    tmp_path: Path, member: Member, certificate: tuple[str, str], context: ssl.SSLContext
) -> None:
    with secured(tmp_path, certificate, member) as served:
        client = served.client(context=context)
        data = os.urandom(2_000_000)
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data))
        sender = threading.Thread(target=peer.send, args=(data,))
        sender.start()
        assert client.answer()[2] == data
        sender.join()
        sender = threading.Thread(
            target=client.send, args=(request("POST", "/", f"Content-Length: {len(data)}") + data,)
        )
        sender.start()
        peer.head()
        assert peer.read(len(data)) == data
        sender.join()
        peer.send(OK)
        assert client.answer()[0] == 200
        client.send(request("GET", "/own") + request("GET", "/own", "Connection: close"))
        assert client.answer()[0] == client.answer()[0] == 404
        assert client.socket.recv(1) == b"", "the end is said in TLS"


def test_a_tunnel_over_tls(
    tmp_path: Path, member: Member, certificate: tuple[str, str], context: ssl.SSLContext
) -> None:
    with secured(tmp_path, certificate, member, member={"upgrade": (b"websocket",)}) as served:
        client = served.client(context=context)
        client.send(request("GET", "/", "Upgrade: websocket") + b"early")
        peer = member.accept()
        peer.head()
        peer.send(SWITCH + b"hello")
        client.head()
        assert client.read(5) == b"hello"
        assert peer.read(5) == b"early"
        client.send(b"x" * 100000)
        assert peer.read(100000) == b"x" * 100000
        peer.send(b"last words")
        peer.close()
        assert client.read(10) == b"last words"
        assert client.socket.recv(1) == b""
        client.close()
        until(lambda: served.busy() == [0, 0])


@pytest.mark.parametrize("first", ["client", "member"])
def test_a_half_closed_tunnel_over_tls(
    tmp_path: Path, member: Member, certificate: tuple[str, str], context: ssl.SSLContext, first: str
) -> None:
    """One side has ended; what the other one says until its end arrives."""
    said = {"member": {"upgrade": (b"websocket",)}, "host": {"timeout": 300.0}}
    with secured(tmp_path, certificate, member, **said) as served:
        client = served.client(context=context)
        client.send(request("GET", "/", "Upgrade: websocket"))
        peer = member.accept()
        peer.head()
        peer.send(SWITCH)
        client.head()
        data = os.urandom(20_000_000)
        if first == "member":
            # What the client sends is on its way, since the member does not read, when the member ends.
            sender = threading.Thread(target=client.send, args=(data,))
            sender.start()
            sender.join(0.3)
            assert sender.is_alive()
            peer.end()
            assert peer.read(len(data)) == data
            sender.join()
            assert client.socket.recv(1) == b""
            client.send(b"last")
            assert peer.read(4) == b"last"
            client.close()
        else:
            client.socket.settimeout(None)
            client.socket.setblocking(False)
            with contextlib.suppress(ssl.SSLWantReadError):
                client.socket.unwrap()
            client.socket.settimeout(PATIENCE)
            assert peer.read_to_end() == b""
            sender = threading.Thread(target=peer.send, args=(data,))
            sender.start()
            assert client.read(len(data)) == data
            sender.join()
            peer.close()
            with contextlib.suppress(ssl.SSLZeroReturnError):
                assert client.socket.recv(1) == b""
        until(lambda: served.busy() == [0, 0])


def test_a_refused_upload_over_tls_is_read_to_its_end(
    tmp_path: Path, certificate: tuple[str, str], context: ssl.SSLContext
) -> None:
    """A client that reads only when it has sent everything gets the answer, not a reset."""
    with secured(tmp_path, certificate) as served:
        client = served.client(context=context)
        piece = b"x" * 300_000
        client.send(request("POST", "/own", "Content-Length: 900000") + piece)
        for _ in range(2):
            time.sleep(0.1)
            client.send(piece)
        status, head, _ = client.answer()
        assert status == 404 and b"\r\nConnection: close\r\n" in head


# --- files --------------------------------------------------------------------------------------------------------


def test_a_large_file(tmp_path: Path) -> None:
    data = os.urandom(1_000_000) * 30
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "large.bin").write_bytes(data)
    with Served(tmp_path, host={"document_root": str(tmp_path).encode()}) as served:
        client = served.client(rcvbuf=65536)
        before = served.memory()
        client.send(request("GET", "/own/large.bin") + request("HEAD", "/own/large.bin"))
        status, head, body = client.answer()
        assert (status, body) == (200, data)
        head = client.head()
        assert b"\r\nContent-Length: 30000000\r\n" in head
        assert served.memory() - before < 15_000_000
        client.send(request("GET", "/own/none"))
        assert client.answer()[0] == 404
        client.send(request("GET", "/own/large.bin"))
        client.head()
        client.reset()
        client = served.client()
        client.send(request("GET", "/own/large.bin", "Connection: close"))
        assert client.answer()[2] == data
        client.expect_end()


# --- logs ---------------------------------------------------------------------------------------------------------


def test_the_error_log_counts_searches_that_were_given_up(tmp_path: Path) -> None:
    def arrange(world: World) -> None:
        world.host.base.rewrite_on = True
        world.host.rules = (Rule(BoundedPattern(b"^/(a+)+$", False, True), False, None, 0, NOWHERE),)

    with Served(tmp_path, arrange=arrange) as served:
        client = served.client()
        client.send(request("GET", "/" + "a" * 4000 + "-"))
        assert client.answer()[0] == 503
        served.logged("a pattern backtracks without end", "pattern=^/(a+)+$ times=1")


def test_many_clients_at_once(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        clients = [served.client() for _ in range(100)]
        for number, client in enumerate(clients):
            client.send(request("GET", f"/{number}"))
        peers: list[Peer] = [member.accept() for _ in clients]
        asked = {peer.head().split(b" ")[1]: peer for peer in peers}
        assert served.busy() == [100, 0]
        for number, client in enumerate(clients):
            asked[b"/%d" % number].send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n%03d" % number)
            assert client.answer()[2] == b"%03d" % number
