"""New connections to members: who refuses, who is silent, and whose name is not known."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.serve.served import OK, Member, Served, request, until


@pytest.fixture
def member() -> Member:
    return Member()


def test_a_member_that_refuses_is_passed_over_and_logged(tmp_path: Path, member: Member) -> None:
    dead = Member()
    dead.close()
    with Served(tmp_path, dead, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200
        line = served.logged("member unavailable")
        name = f"http://127.0.0.1:{dead.port}"
        assert f"balancer=c member={name} stage=connect cause=refused retry_in=60 origin=" in line
        client.send(request())
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200


def test_nobody_can_be_reached(tmp_path: Path) -> None:
    dead = Member()
    dead.close()
    with Served(tmp_path, dead) as served:
        client = served.client()
        client.send(request())
        status, head, _ = client.answer()
        assert status == 503
        assert b"\r\nConnection: close\r\n" in head
        client.expect_end()
        served.logged("request failed", "status=503", "refused", "target=/", "client=127.0.0.1")


def test_a_stopped_member_among_two(tmp_path: Path) -> None:
    """Its kept connections are dead and its port refuses: no request that may be repeated fails."""
    one, other = Member(), Member()
    with Served(tmp_path, one, other) as served:
        client = served.client()
        client.send(request())
        peer = one.accept()
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200
        client.send(request())
        second = other.accept()
        second.head()
        second.send(OK)
        assert client.answer()[0] == 200
        client.send(request("GET", "/in-flight"))
        assert peer.head().startswith(b"GET /in-flight ")
        one.close()
        third = until(lambda: (not other.unasked() and other.accept()) or (not second.silent() and second))
        assert third.head().startswith(b"GET /in-flight ")
        third.send(OK)
        assert client.answer()[0] == 200


def test_a_member_that_does_not_take_the_connection(tmp_path: Path) -> None:
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    waiting = []
    # The kernel answers nobody once the queue of a listener that does not accept is full.
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(full.getsockname())
        waiting.append(one)
    stand_in = Member()
    stand_in.port, port = full.getsockname()[1], stand_in.port
    with Served(tmp_path, stand_in, member={"connect_timeout": 0.3}) as served:
        client = served.client()
        client.send(request())
        assert client.answer()[0] == 503
        served.logged("member unavailable", "stage=connect", "cause=timeout")
    assert port
    for one in (*waiting, full):
        one.close()


def test_a_member_with_a_name(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, member={"host": "localhost"}) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        assert b"\r\nHost: localhost:%d\r\n" % member.port in peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200


def test_a_member_whose_name_nobody_has(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, member={"host": "no-such-name.invalid"}) as served:
        client = served.client()
        client.send(request())
        status, _, body = client.answer()
        assert status == 500
        assert b"DNS lookup failure for: no-such-name.invalid" in body
        served.logged("member unavailable", "stage=connect")
