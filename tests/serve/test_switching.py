"""A 101, and what has arrived on both sides by then."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from tests.serve.served import Member, Served, request

WEBSOCKET = {"upgrade": (b"websocket",)}
UPGRADE = request("GET", "/ws", "Upgrade: websocket", "Connection: Upgrade")
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
SWITCHED = SWITCH
@pytest.fixture
def member() -> Member:
    return Member()


def test_bytes_that_come_with_the_request_and_with_the_101(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, member=WEBSOCKET) as served:
        client = served.client()
        client.send(UPGRADE + b"early")
        peer = member.accept()
        peer.head()
        client.send(b"bird")
        peer.send(SWITCH + b"hello")
        assert client.head() == SWITCHED
        assert client.read(5) == b"hello"
        assert peer.read(9) == b"earlybird"


def test_a_tunnel_that_begins_before_the_request_body_was_taken(tmp_path: Path) -> None:
    data = random.Random(7).randbytes(12_000_000)
    member = Member(rcvbuf=4096)
    with Served(tmp_path, member, member=WEBSOCKET, host={"timeout": 300.0}) as served:
        client = served.client()
        client.send(request("POST", "/ws", "Upgrade: websocket", f"Content-Length: {len(data)}"))
        peer = member.accept()
        peer.head()
        sender = threading.Thread(target=client.send, args=(data + b"and the tunnel's",))
        sender.start()
        peer.read(1)
        peer.send(SWITCH)
        assert client.head() == SWITCHED
        assert peer.read(len(data) - 1) == data[1:]
        assert peer.read(16) == b"and the tunnel's"
        sender.join()


def test_a_101_that_nobody_asked_for(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(SWITCH)
        status, _, body = client.answer()
        assert status == 502
        assert b"Unexpected Upgrade: websocket (expecting none)" in body
        peer.expect_end()
