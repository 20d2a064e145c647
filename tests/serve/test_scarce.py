"""Where descriptors are few: kept connections give way, a member is not blamed, and accepting goes on afterwards."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from evenflow.serve.scarce import AT_A_TIME, IN_HAND, InHand, give_way
from tests.serve.served import OK, Member, Peer, Served, request, until


def test_half_of_what_is_kept_gives_way_the_longest_idle_first() -> None:
    closed: list[str] = []

    def kept(name: str) -> Any:
        return SimpleNamespace(close=lambda: closed.append(name))

    server: Any = SimpleNamespace(idle=[[kept("a"), kept("b"), kept("c")], [], [kept("d")]])
    assert give_way(server) == 3
    assert closed == ["a", "b", "d"]
    assert [len(one) for one in server.idle] == [1, 0, 0]
    assert give_way(server) == 1
    assert give_way(server) == 0


def test_what_is_in_hand_is_set_free_and_gathered_again() -> None:
    in_hand = InHand()
    in_hand.gather()
    held = list(in_hand.held)
    assert len(held) == IN_HAND
    assert in_hand.set_free()
    free = [fd for fd in held if fd not in in_hand.held]
    assert len(free) == AT_A_TIME and not any(is_open(fd) for fd in free)
    assert in_hand.set_free() and not in_hand.set_free()
    in_hand.gather()
    in_hand.gather()
    assert len(in_hand.held) == IN_HAND
    while in_hand.set_free():
        pass


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def test_a_member_is_not_blamed_for_our_own_shortage(tmp_path: Path) -> None:
    member = Member()
    with Served(tmp_path, member) as served:
        clients = [served.client() for _ in range(12)]
        for client in clients:
            client.send(request("GET", "/own"))
        for client in clients:
            assert client.answer()[0] == 404
        # From now on it may open four more.
        used = len(os.listdir(f"/proc/{served.pid}/fd"))
        resource.prlimit(served.pid, resource.RLIMIT_NOFILE, (used + 4, used + 4))
        for client in clients:
            client.send(request("GET", "/x"))
        refused: list[Peer] = []

        def all_are_somewhere() -> bool:
            while not member.unasked():
                member.accept()
            refused[:] = [client for client in clients if not client.silent()]
            return len(member.peers) + len(refused) == len(clients)

        until(all_are_somewhere)
        assert refused and member.peers
        for client in refused:
            status, head, _ = client.answer()
            assert status == 503 and b"\r\nRetry-After: 1\r\n" in head
        assert "too many open files" in served.logged("member")
        assert served.world.scoreboard.member(0, 0).error_since == 0.0
        for peer in member.peers:
            peer.head()
            peer.send(OK)
        for client in clients:
            if client not in refused:
                assert client.answer()[0] == 200
