"""Tunnels that have to go: told in their own protocol, between two frames, each at a moment of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.frames import Close, Frame, Opcode

from evenflow.serve.farewell import way_of
from tests.serve.served import Member, Peer, Served, request, until

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: %s\r\nConnection: Upgrade\r\n\r\n"
GOODBYE = b"\x88\x02\x03\xe9"


def served_by(folder: Path, member: Member) -> Served:
    return Served(folder, member, member={"upgrade": (b"any",)}, host={"timeout": 300.0})


def switched(served: Served, member: Member, protocol: bytes = b"websocket", behind: bytes = b"") -> tuple[Peer, Peer]:
    client = served.client()
    client.send(request("GET", "/", f"Upgrade: {protocol.decode()}"))
    peer = member.accept()
    peer.head()
    peer.send(SWITCH % protocol + behind)
    client.head()
    return client, peer


def text(words: bytes, masked: bool = False) -> bytes:
    return Frame(Opcode.TEXT, words).serialize(mask=masked)


def retire(served: Served) -> list[dict[str, Any]]:
    """What the child tells of its tunnels when it retires."""
    os.kill(served.pid, signal.SIGUSR2)
    told = []
    while "number" in (one := json.loads(served.line.recv(1 << 16))):
        told.append(one)
    return told


def dismiss(served: Served, within: float = 0.0) -> None:
    """Everybody has to go."""
    for one in retire(served):
        served.line.send(json.dumps({"leave": one["number"], "within": within}).encode())


def test_the_end_of_the_program_is_told(tmp_path: Path) -> None:
    member = Member()
    with served_by(tmp_path, member) as served:
        client, peer = switched(served, member, behind=text(b"hello"))
        assert client.read(7) == text(b"hello")
        served.drain()
        assert client.read(4) == GOODBYE
        # What the member still says does not reach a client that was told to go; the client's answer reaches it.
        peer.send(text(b"late"))
        answer = Frame(Opcode.CLOSE, Close(1001, "").serialize()).serialize(mask=True)
        client.send(answer)
        assert peer.read(len(answer)) == answer
        peer.end()
        assert client.read_to_end() == b""


def test_nothing_is_put_into_a_frame(tmp_path: Path) -> None:
    member = Member()
    whole = text(b"x" * 1000)
    with served_by(tmp_path, member) as served:
        client, peer = switched(served, member, behind=whole[:100])
        assert client.read(100) == whole[:100]
        another, _ = switched(served, member)
        dismiss(served)
        # The other one's moment has come, so this one's has too; until the frame has ended nothing else may follow.
        assert another.read(4) == GOODBYE
        another.close()
        peer.send(whole[100:600])
        assert client.read(500) == whole[100:600]
        peer.send(whole[600:])
        assert client.read(404) == whole[600:]
        assert client.read(4) == GOODBYE
        client.close()


def test_what_is_no_websocket_is_closed(tmp_path: Path) -> None:
    member = Member()
    with served_by(tmp_path, member) as served:
        client, peer = switched(served, member, b"other")
        dismiss(served)
        assert client.read_to_end() == b""
        assert peer.read_to_end() == b""


def test_a_client_that_does_not_close_is_cut_off(tmp_path: Path) -> None:
    member = Member()
    with served_by(tmp_path, member) as served:
        client, _ = switched(served, member)
        dismiss(served)
        assert client.read(4) == GOODBYE
        assert client.read_to_end() == b""


def test_a_close_of_the_members_is_not_doubled(tmp_path: Path) -> None:
    member = Member()
    close = Frame(Opcode.CLOSE, Close(1000, "").serialize()).serialize(mask=False)
    with served_by(tmp_path, member) as served:
        client, _ = switched(served, member, behind=close)
        assert client.read(len(close)) == close
        dismiss(served)
        assert client.read_to_end() == b""


@pytest.mark.parametrize("verify", [b"SUCCESS", b"NONE", b"GENEROUS", b"FAILED:self-signed certificate"])
def test_the_judge_is_told_who_was_verified(verify: bytes) -> None:
    facts = SimpleNamespace(
        local_address=b"127.0.0.1", local_port=1, remote_address=b"127.0.0.1", remote_port=2, tls=True, sni=b"",
        spoken_for=False, proxied_address=b"", proxied_port=0, tls_facts=SimpleNamespace(get=lambda name: verify),
    )  # fmt: skip
    tunnel = SimpleNamespace(tunnel=SimpleNamespace(slot=None), head=b"GET / HTTP/1.1\r\n\r\n", balancer=b"")
    assert way_of(SimpleNamespace(facts=facts, tunnel=tunnel))["certified"] is (verify == b"SUCCESS")


def test_the_judge_is_told_of_every_tunnel_and_decides(tmp_path: Path) -> None:
    member = Member()
    with served_by(tmp_path, member) as served:
        first, _ = switched(served, member)
        second, other = switched(served, member)
        told = retire(served)
        assert len(told) == 2
        one = told[0]
        assert one["local"] == ["127.0.0.1", served.port] and one["tls"] is False and one["certified"] is False
        assert str(one["head"]).startswith("GET / HTTP/1.1\r\nHost: www.example\r\n")
        assert one["member"] and one["balancer"]
        by_port = {int(client.socket.getsockname()[1]): client for client in (first, second)}
        named = next(row for row in told if row["remote"][1] == first.socket.getsockname()[1])
        assert len(by_port) == 2
        served.line.send(json.dumps({"leave": named["number"], "within": 0.1}).encode())
        assert first.read(4) == GOODBYE
        # The other one stays: it can be spoken through, and is told of at the next reload again.
        other.send(text(b"still"))
        assert second.read(7) == text(b"still")
        first.close()
        until(lambda: len(retire(served)) == 1)
        second.send(text(b"here", masked=True))
        assert len(other.read(10)) == 10
        second.close()


def test_many_leave_at_many_moments(tmp_path: Path) -> None:
    member = Member()
    with served_by(tmp_path, member) as served:
        clients = [switched(served, member)[0] for _ in range(20)]
        dismiss(served, 2.0)
        moments = []
        left = {client.socket.fileno(): client for client in clients}
        while left:
            for client in list(left.values()):
                if not client.silent():
                    assert client.read(4) == GOODBYE
                    moments.append(time.monotonic())
                    del left[client.socket.fileno()]
                    client.close()
        assert len({round(moment, 1) for moment in moments}) > 5


def test_tunnels_of_a_member_that_is_to_be_empty_leave(tmp_path: Path) -> None:
    member, staying = Member(), Member()
    with Served(
        tmp_path, member, staying, member={"upgrade": (b"any",)}, host={"timeout": 300.0}
    ) as served:  # fmt: skip
        client, _ = switched(served, member)
        served.world.scoreboard.member(0, 0).leave_by = time.monotonic() + 0.3
        assert client.read(4) == GOODBYE
        client.close()


@pytest.mark.parametrize("said", [b"", b"x"])
def test_a_child_outlives_whoever_judges(tmp_path: Path, said: bytes) -> None:
    member = Member()
    with served_by(tmp_path, member) as served:
        client, peer = switched(served, member)
        assert len(retire(served)) == 1
        if not said:
            served.line.shutdown(socket.SHUT_RDWR)
        peer.send(text(b"still"))
        assert client.read(7) == text(b"still")
