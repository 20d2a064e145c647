"""Who speaks HTTP/2 in clear text: who begins with it, who asks for it, and who does neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.plan.http2 import Http2
from tests.serve.http2.client import Answer, Client
from tests.serve.served import OK, Member, Served, request

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CLEAR = {"http2": Http2(clear=True)}
ASKS = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")


@pytest.fixture
def member() -> Member:
    return Member()


def test_http_1_goes_on_as_ever(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host=CLEAR) as served:
        client = served.client()
        for byte in request("POST", "/1", "Content-Length: 3") + b"abc":
            client.send(bytes((byte,)))
        peer = member.accept()
        assert peer.head().startswith(b"POST /1 ")
        assert peer.read(3) == b"abc"
        peer.send(OK)
        assert client.answer()[0] == 200
        client.send(request("GET", "/own") + request("GET", "/own"))
        assert client.answer()[0] == client.answer()[0] == 404


def test_the_preface_in_single_bytes(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host=CLEAR) as served:
        peer = served.client()
        sent: list[bytes] = []
        send = peer.send
        peer.send = sent.append  # type: ignore[method-assign, assignment]
        client = Client(peer)
        asked = client.ask(path=b"/own")
        peer.send = send  # type: ignore[method-assign]
        for byte in b"".join(sent):
            peer.send(bytes((byte,)))
        assert client.answer(asked).status == 404


@pytest.mark.parametrize("http2", [None, Http2(clear=True, direct=False), Http2(secure=True)])
def test_where_it_is_not_spoken_the_preface_is_a_bad_request(
    tmp_path: Path, member: Member, http2: Http2 | None
) -> None:
    with Served(tmp_path, member, host={"http2": http2}) as served:
        client = served.client()
        client.send(PREFACE)
        assert client.head().startswith(b"HTTP/1.1 400 ")


def test_a_preface_that_changes_its_mind(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host=CLEAR) as served:
        client = served.client()
        client.send(PREFACE[:10])
        client.send(b"x")
        client.send(b"\r\n\r\n")
        assert client.head().startswith(b"HTTP/1.1 400 ")


def upgraded(served: Served, first: bytes) -> Client:
    peer = served.client()
    peer.send(first)
    assert peer.head() == b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
    client = Client(peer, upgraded=b"")
    client.h2.initiate_upgrade_connection()
    client.answers[1] = Answer()
    client.flush()
    if peer.unread:
        client.take(bytes(peer.unread))
        peer.unread.clear()
    return client


def test_a_request_that_asks_for_it_is_stream_1(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host=CLEAR) as served:
        client = upgraded(served, request("GET", "/up?x", *ASKS, "X-Y: Z", "Cookie: a=1"))
        peer = member.accept()
        head = peer.head()
        assert head.startswith(b"GET /up?x HTTP/1.1\r\n")
        assert b"\r\nX-Y: Z\r\n" in head and b"\r\nCookie: a=1\r\n" in head
        assert b"Upgrade" not in head and b"HTTP2-Settings" not in head
        peer.send(OK)
        assert client.answer(1).body == b"ok"
        assert client.answer(client.ask(path=b"/own")).status == 404


def test_it_may_be_asked_for_later(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host=CLEAR) as served:
        peer = served.client()
        peer.send(request("GET", "/own"))
        assert peer.answer()[0] == 404
        peer.send(request("GET", "/x", *ASKS))
        assert peer.head().startswith(b"HTTP/1.1 101 ")
        member.accept().head()


@pytest.mark.parametrize(
    "fields",
    [
        ("Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
        ("Connection: HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
        ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"),
        ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2", "HTTP2-Settings: AAMAAABk"),
        ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAA"),
        ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: !!"),
        ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: x", "HTTP2-Settings: y"),
        (*ASKS, "Content-Length: 0", "Transfer-Encoding: x"),
    ],
)
def test_who_does_not_ask_properly_stays_with_http_1(tmp_path: Path, member: Member, fields: tuple[str, ...]) -> None:
    with Served(tmp_path, member, host=CLEAR) as served:
        client = served.client()
        client.send(request("GET", "/own", *fields))
        assert client.answer()[0] in (400, 404)


def test_a_request_with_a_body_stays_with_http_1(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host=CLEAR) as served:
        client = served.client()
        client.send(request("POST", "/own", *ASKS, "Content-Length: 3") + b"abc")
        assert client.answer()[0] == 404


def test_the_upgrade_may_be_forbidden(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host=CLEAR, scope={"http2_upgrade": False}) as served:
        client = served.client()
        client.send(request("GET", "/x", *ASKS))
        peer = member.accept()
        assert b"Upgrade" not in peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200


def test_who_may_not_come_in_is_told_in_http_1(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host=CLEAR) as served:
        client = served.client()
        client.send(request("GET", "/own", *ASKS))
        assert client.answer()[0] == 404
