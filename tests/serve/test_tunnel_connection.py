"""A tunnel ends when both sides have said their last byte, and not before it has arrived."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.serve.served import Member, Peer, Served, request, until

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def switched(served: Served, member: Member, rcvbuf: int = 0) -> tuple[Peer, Peer]:
    """Client and member with a tunnel between them."""
    client = served.client(rcvbuf=rcvbuf)
    client.send(request("GET", "/", "Upgrade: websocket"))
    peer = member.accept()
    peer.head()
    peer.send(SWITCH)
    client.head()
    return client, peer


@pytest.mark.parametrize("first", ["client", "member"])
def test_the_half_that_is_open_still_speaks(tmp_path: Path, first: str) -> None:
    member = Member()
    with Served(tmp_path, member, member={"upgrade": (b"websocket",)}, host={"timeout": 300.0}) as served:
        client, peer = switched(served, member)
        one, other = (client, peer) if first == "client" else (peer, client)
        one.send(b"last")
        one.end()
        assert other.read_to_end() == b"last"
        other.send(b"words")
        assert one.read(5) == b"words"
        other.end()
        assert one.read_to_end() == b""
        until(lambda: served.busy() == [0, 0])


def test_what_a_slow_client_has_not_read_outlives_both_ends(tmp_path: Path) -> None:
    member = Member()
    data = os.urandom(6_000_000)
    with Served(tmp_path, member, member={"upgrade": (b"websocket",)}, host={"timeout": 300.0}) as served:
        client, peer = switched(served, member, rcvbuf=65536)

        def speak() -> None:
            peer.send(data)
            peer.end()

        speaker = threading.Thread(target=speak)
        speaker.start()
        client.end()
        assert peer.read_to_end() == b""
        assert client.read(len(data)) == data
        speaker.join()
        assert client.read_to_end() == b""
        until(lambda: served.busy() == [0, 0])
