"""Connections to members: kept, reused, replaced, refused, and what is logged of each failure."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from evenflow.serve.access_log import AccessLogs
from evenflow.serve.backend_connection import cause_of, connect
from evenflow.serve.connection import Connection
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.resolver import Resolver
from evenflow.serve.server import Server
from tests.proxy.story import World
from tests.serve.served import OK, Member, Peer, Served, request, until


@pytest.fixture
def member() -> Member:
    return Member()


def exchange(client: Peer, peer: Peer, method: str = "GET", *fields: str) -> None:
    """One request and its answer over connections that are there."""
    client.send(request(method, "/", *fields))
    peer.head()
    peer.send(OK)
    assert client.answer()[0] == 200


def test_causes_in_words() -> None:
    import errno

    assert cause_of(errno.ECONNREFUSED) == "refused"
    assert cause_of(errno.ECONNRESET) == "reset"
    assert cause_of(errno.EPIPE) == os.strerror(errno.EPIPE)


def made_for(folder: Path, member: Member, **said: object) -> socket.socket:
    """The socket of a connection that is made for a member of which this is said."""
    world = World({"m": {"host": "127.0.0.1", "port": member.port, **said}}, {}, {}, {}, {})
    loop = asyncio.new_event_loop()
    log = ErrorLog(str(folder / "error.log"))
    server = Server(loop, world.routes, Resolver(loop), {}, log, AccessLogs(world.plan, log))
    one, other = socket.socketpair()
    client = Connection(server, one.detach(), None)
    address = (socket.AF_INET, ("127.0.0.1", member.port))
    connection = connect(server, world.plan.members[0], (address,), client, None)
    found = socket.socket(fileno=os.dup(connection.fd))
    connection.close()
    client.close()
    other.close()
    loop.close()
    return found


@pytest.mark.parametrize("said", [True, False])
def test_keepalive_asks_the_kernel_to_look_after_the_connection(tmp_path: Path, member: Member, said: bool) -> None:
    with made_for(tmp_path, member, keepalive=said) as made:
        assert bool(made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)) is said


def test_receivebuffersize_is_the_sockets(tmp_path: Path, member: Member) -> None:
    # The kernel doubles what it is told.
    with made_for(tmp_path, member, receive_buffer=7777) as made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 2 * 7777
    with made_for(tmp_path, member) as made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) > 2 * 7777


# --- kept connections ---------------------------------------------------------------------------------------------


def test_a_kept_connection_serves_the_next_client(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        first = served.client()
        first.send(request())
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert first.answer()[0] == 200
        first.close()
        for _ in range(3):
            exchange(served.client(), peer)
        assert member.unasked()


def test_a_connection_that_the_member_closes_is_forgotten(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request("POST"))
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200
        peer.end()
        peer.expect_end()
        client.send(request("POST"))
        second = member.accept()
        second.head()
        second.send(OK)
        assert client.answer()[0] == 200


def test_a_member_that_speaks_unasked_loses_its_connection(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200
        peer.send(b"HTTP/1.1 200 Evil\r\nContent-Length: 0\r\n\r\n")
        peer.expect_end()
        client.send(request())
        second = member.accept()
        second.head()
        second.send(OK)
        assert client.answer()[1].startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("member_first", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_kept_connection_that_dies_as_the_request_comes(
    tmp_path: Path, member: Member, method: str, member_first: bool
) -> None:
    """Both happen before we look: a member's end is seen before a request is given to a connection that is gone."""
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200
        os.kill(served.pid, signal.SIGSTOP)
        if member_first:
            peer.close()
        client.send(request(method))
        peer.close()
        os.kill(served.pid, signal.SIGCONT)
        second = member.accept()
        assert second.head().startswith(method.encode())
        second.send(OK)
        assert client.answer()[0] == 200


def test_a_kept_connection_that_dies_under_a_get(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200
        client.send(request("GET", "/again"))
        peer.head()
        peer.close()
        second = member.accept()
        assert second.head().startswith(b"GET /again ")
        second.send(OK)
        assert client.answer()[0] == 200
        assert "member" not in served.log.read_text()


def test_a_kept_connection_that_dies_under_a_post(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200
        client.send(request("POST", "/once"))
        peer.head()
        peer.reset()
        assert client.answer()[0] == 502
        served.logged("member failed", "stage=head", "cause=reset")
        assert member.unasked()


@pytest.mark.parametrize("said", ["disable_reuse", "generic"])
def test_connections_that_are_not_kept(tmp_path: Path, member: Member, said: str) -> None:
    with Served(tmp_path, member, member={said: True}) as served:
        client = served.client()
        for _ in range(2):
            client.send(request())
            peer = member.accept()
            assert peer.head().endswith(b"\r\nConnection: close\r\n\r\n")
            peer.send(OK)
            assert client.answer()[0] == 200
            peer.expect_end()


def test_idle_connections_end_after_their_ttl(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, member={"ttl": 0.2}) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200
        peer.expect_end()


# --- answers that break -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "cause"), [("close", "closed"), ("reset", "reset")])
def test_a_member_that_breaks_off_in_the_middle(tmp_path: Path, member: Member, how: str, cause: str) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        assert client.head().startswith(b"HTTP/1.1 200 OK\r\n")
        assert client.read(4) == b"half"
        getattr(peer, how)()
        client.expect_end()
        served.logged("member failed", "stage=body", f"cause={cause}", "client=127.0.0.1", "origin=")
        until(lambda: served.busy() == [0, 0])


def test_a_reset_right_behind_the_last_bytes(tmp_path: Path, member: Member) -> None:
    """More than one read is there, and the reset behind it, when the loop looks next: it is told only once."""
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        assert client.head().startswith(b"HTTP/1.1 200 OK\r\n")
        for _ in range(64):
            # The kernel's window grows with what goes through.
            peer.send(bytes(65536))
            client.read(65536)
        os.kill(served.pid, signal.SIGSTOP)
        try:
            peer.send(bytes(400000))
            peer.reset()
        finally:
            os.kill(served.pid, signal.SIGCONT)
        client.read_to_end()
        served.logged("member failed", "stage=body", "cause=reset")
        until(lambda: served.busy() == [0, 0])


def test_an_answer_that_is_read_although_the_member_takes_no_more(tmp_path: Path, member: Member) -> None:
    """It answers and closes its reading side while the body is on its way: what it said is what the client gets."""
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request("POST", "/", "Content-Length: 50000000"))
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 413 Too large\r\nContent-Length: 3\r\n\r\nbig")
        status, head, body = client.answer()
        assert (status, body) == (413, b"big")
        assert b"\r\nConnection: close\r\n" in head


def test_garbage(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(b"SSH-2.0-OpenSSH\r\n")
        status, _, body = client.answer()
        assert status == 502
        assert b"Corrupt status line returned by remote server" in body
        peer.expect_end()
        served.logged("member failed", "stage=head", "Corrupt status line")
