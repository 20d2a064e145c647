"""`max`: a child has no more connections to a member, and who comes later waits in order, as long as `acquire` says."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import pytest

from evenflow.serve.member_pool import MemberPool
from evenflow.slotmem.tokens import Tokens
from tests.serve.served import OK, Member, Peer, Served, request, until


class Waiter:
    """A client connection, as far as a pool sees it."""

    closed = False
    waits_for: Any = None

    def __init__(self) -> None:
        self.called = 0

    def pool_has_room(self, pool: MemberPool) -> None:
        self.called += 1


class Loop:
    """Calls at once, and is told by the test that a descriptor is ready."""

    def __init__(self) -> None:
        self.readers: dict[int, Any] = {}

    def call_soon(self, act: Any, *arguments: Any) -> None:
        act(*arguments)

    def add_reader(self, fd: int, act: Any) -> None:
        self.readers[fd] = act

    def remove_reader(self, fd: int) -> None:
        del self.readers[fd]


def test_the_queue_keeps_its_order_and_forgets_who_has_gone() -> None:
    loop = Loop()
    tokens = Tokens(1)
    pool = MemberPool(tokens, 0, 0.5, loop)
    tokens.begin(0)
    one, two, three = Waiter(), Waiter(), Waiter()
    assert pool.admits(one, False, [])
    assert not loop.readers, "nobody waits, so nobody listens"
    assert not pool.admits(two, False, [])
    assert not pool.admits(three, False, [])
    assert tokens.fd in loop.readers
    pool.give()
    two.closed = True
    loop.readers[tokens.fd]()
    assert (two.called, three.called) == (0, 1)
    assert not pool.admits(one, False, []), "the token is three's"
    assert pool.admits(three, True, [])
    assert (tokens.held(), tokens.free()) == (1, 0)


def test_who_was_called_and_left_gives_its_token_to_the_next() -> None:
    loop = Loop()
    tokens = Tokens(1)
    tokens.begin(0)
    pool = MemberPool(tokens, 0, 0.5, loop)
    one, two, three = Waiter(), Waiter(), Waiter()
    assert pool.admits(one, False, [])
    assert not pool.admits(two, False, [])
    assert not pool.admits(three, False, [])
    pool.give()
    loop.readers[tokens.fd]()
    assert two.called == 1
    two.closed = True
    pool.decline(two)
    loop.readers[tokens.fd]()
    assert three.called == 1
    assert pool.admits(three, True, [])
    assert not loop.readers


class Kept:
    """A kept connection of one child."""

    def __init__(self, pool: MemberPool) -> None:
        self.pool = pool

    def close(self) -> None:
        self.pool.give()


def test_a_child_keeps_none_that_another_waits_for() -> None:
    tokens = Tokens(2)
    tokens.begin(1)
    here, there = Loop(), Loop()
    ours, theirs = MemberPool(tokens, 0, 0, here), MemberPool(tokens, 1, 0, there)
    assert ours.admits(Waiter(), False, [])
    assert ours.admits(Waiter(), False, [])
    idle = [Kept(ours), Kept(ours)]
    assert not ours.waiting_elsewhere()
    ours.tick(idle)
    assert len(idle) == 2, "nobody waits"
    waiter = Waiter()
    assert not theirs.admits(waiter, False, [])
    assert ours.waiting_elsewhere()
    ours.tick(idle)
    assert len(idle) == 1, "one waits, one is closed"
    there.readers[tokens.fd]()
    assert waiter.called == 1
    assert theirs.admits(waiter, True, [])
    assert not ours.waiting_elsewhere()


def test_requests_share_one_connection(tmp_path: Path) -> None:
    member = Member()
    with Served(tmp_path, member, member={"max": 1}) as served:
        clients = []
        for number in range(3):
            client = served.client()
            client.send(request("GET", f"/{number}"))
            clients.append(client)
            until(lambda wanted=number + 1: served.busy()[0] == wanted, "the request to be at the member's queue")
        peer = member.accept()
        for number, client in enumerate(clients):
            assert peer.head().startswith(b"GET /%d " % number)
            assert member.unasked()
            peer.send(OK)
            assert client.answer()[0] == 200


def test_a_connection_that_ends_makes_room(tmp_path: Path) -> None:
    member = Member()
    with Served(tmp_path, member, member={"max": 1}) as served:
        one, two = served.client(), served.client()
        one.send(request())
        first = member.accept()
        first.head()
        two.send(request("GET", "/two"))
        first.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        assert one.answer()[0] == 200
        second = member.accept()
        assert second.head().startswith(b"GET /two ")
        second.send(OK)
        assert two.answer()[0] == 200
        # A client that waits and leaves is no hindrance.
        one.send(request())
        second.head()
        gone = served.client()
        gone.send(request("GET", "/gone"))
        until(lambda: served.busy()[0] == 2)
        last = served.client()
        last.send(request("GET", "/last"))
        until(lambda: served.busy()[0] == 3)
        gone.reset()
        until(lambda: served.busy()[0] == 2)
        second.send(OK)
        assert one.answer()[0] == 200
        assert second.head().startswith(b"GET /last ")
        second.send(OK)
        assert last.answer()[0] == 200


def test_who_waits_too_long_is_told(tmp_path: Path) -> None:
    member = Member()
    with Served(tmp_path, member, member={"max": 1, "acquire": 0.3}) as served:
        one, two = served.client(), served.client()
        one.send(request())
        peer = member.accept()
        peer.head()
        began = time.monotonic()
        two.send(request())
        status, head, _ = two.answer()
        assert status == 503
        assert b"\r\nRetry-After: 1\r\n" in head
        assert 0.2 < time.monotonic() - began < 5
        served.logged("member failed", "max")
        peer.send(OK)
        assert one.answer()[0] == 200


def test_a_member_behind_a_socket_of_the_file_system(tmp_path: Path) -> None:
    path = tmp_path / "member.sock"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    listening.settimeout(20)
    with Served(tmp_path, Member(), member={"socket": str(path)}) as served:
        client = served.client()
        client.send(request())
        peer = Peer(listening.accept()[0])
        assert peer.head().startswith(b"GET / ")
        peer.send(OK)
        assert client.answer()[0] == 200
        peer.close()
    listening.close()


@pytest.mark.parametrize("answers", [True, False])
def test_a_member_is_asked_before_a_body(tmp_path: Path, answers: bool) -> None:
    member = Member()
    with Served(tmp_path, member, member={"ping": 0.3}) as served:
        client = served.client()
        client.send(request("POST", "/", "Content-Length: 5") + b"hello")
        peer = member.accept()
        assert b"\r\nExpect: 100-Continue\r\n" in peer.head()
        if not answers:
            assert client.answer()[0] == 503
            assert peer.read_to_end() == b""
            return
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert peer.read(5) == b"hello"
        peer.send(OK)
        assert client.answer()[0] == 200
