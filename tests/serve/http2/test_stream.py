"""What one stream owes to being a client connection: logs, files, tunnels."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from h2.errors import ErrorCodes
from h2.settings import SettingCodes

from evenflow.origin import NOWHERE
from evenflow.plan.http2 import Http2
from evenflow.plan.model import LogTarget
from tests.proxy.story import World
from tests.serve.http2.client import Answer, Client
from tests.serve.served import OK, Member, Peer, Served, until

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
OPENING = [
    (b":method", b"CONNECT"),
    (b":protocol", b"websocket"),
    (b":scheme", b"http"),
    (b":authority", b"www.example"),
    (b":path", b"/ws"),
    (b"sec-websocket-version", b"13"),
]


@pytest.fixture
def member() -> Member:
    return Member()


def logging(tmp_path: Path, format: str) -> Any:
    """What arranges an access log; it is written to `access.log`."""

    def arrange(world: World) -> None:
        world.host.logs = (LogTarget(str(tmp_path / "access.log"), format, None, NOWHERE),)

    return arrange


def test_logs_tell_the_protocol_and_the_stream(tmp_path: Path, member: Member) -> None:
    arrange = logging(tmp_path, "%r|%>s|%b|%H|%{HTTP2}e|%{H2_STREAM_ID}e|%{H2_STREAM_TAG}e|%{User-Agent}i")
    with Served(tmp_path, member, host={"http2": Http2(clear=True)}, arrange=arrange) as served:
        client = Client(served.client())
        client.answer(client.ask(path=b"/own"))
        asked = client.ask(b"POST", b"/x?y", [(b"user-agent", b"me")], b"abc")
        peer = member.accept()
        peer.head()
        peer.send(OK)
        client.answer(asked)
        lines = until(lambda: len(found := (tmp_path / "access.log").read_text().splitlines()) == 2 and found)
        words = lines[1].split("|")
        assert words[:6] == ["POST /x?y HTTP/2.0", "200", "2", "HTTP/2.0", "on", "3"]
        assert words[6].endswith("-3") and words[7] == "me"


def accept_of(head: bytes) -> bytes:
    key = head.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
    return base64.b64encode(hashlib.sha1(key + MAGIC).digest())


def opened(served: Served, member: Member) -> tuple[Client, int, Peer]:
    """A WebSocket over a stream."""
    client = Client(served.client())
    asked = client.ask_as(OPENING, ends=False)
    peer = member.accept()
    head = peer.head()
    assert head.startswith(b"GET /ws HTTP/1.1\r\n")
    assert b"\r\nUpgrade: websocket\r\n" in head and b"\r\nSec-Websocket-Version: 13\r\n" in head
    peer.send(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept_of(head) + b"\r\nSec-WebSocket-Protocol: chat\r\n\r\nhello"
    )
    answer = client.head(asked)
    assert answer.status == 200
    assert answer.get(b"sec-websocket-protocol") == b"chat"
    assert answer.get(b"upgrade") is None and answer.get(b"sec-websocket-accept") is None
    return client, asked, peer


WEBSOCKETS = {"host": {"http2": Http2(clear=True, websockets=True)}, "member": {"upgrade": (b"websocket",)}}


def test_a_websocket_is_a_tunnel(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, **WEBSOCKETS) as served:  # type: ignore[arg-type]
        client, asked, peer = opened(served, member)
        answer = client.answers[asked]
        assert client.h2.remote_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL] == 1
        while answer.body != b"hello":
            assert client.read()
        client.send(asked, b"a" * 40000)
        assert peer.read(40000) == b"a" * 40000
        peer.send(b"b" * 200000)
        while len(answer.body) < 200005:
            assert client.read()
        client.h2.end_stream(asked)
        client.flush()
        assert peer.read_to_end() == b""
        peer.send(b"bye")
        peer.close()
        assert client.answer(asked).body.endswith(b"bbye")
        assert answer.reset is None
        assert client.answer(client.ask(path=b"/own")).status == 404


def test_a_member_that_ends_a_tunnel(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, **WEBSOCKETS) as served:  # type: ignore[arg-type]
        client, asked, peer = opened(served, member)
        peer.end()
        assert client.answer(asked).ended
        client.h2.end_stream(asked)
        client.flush()
        assert peer.read_to_end() == b""


def test_a_client_that_resets_a_tunnel(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, **WEBSOCKETS) as served:  # type: ignore[arg-type]
        client, asked, peer = opened(served, member)
        client.h2.reset_stream(asked)
        client.flush()
        peer.expect_end()


def test_a_member_that_does_not_speak_websocket(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, **WEBSOCKETS) as served:  # type: ignore[arg-type]
        client = Client(served.client())
        asked = client.ask_as(OPENING, ends=False)
        peer = member.accept()
        peer.head()
        peer.send(OK)
        answer = client.answer(asked)
        assert (answer.status, answer.body) == (200, b"ok")
        asked = client.ask_as(OPENING, ends=False)
        peer.head()
        peer.send(b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n")
        assert client.answer(asked).reset == ErrorCodes.INTERNAL_ERROR


def test_websockets_are_not_offered(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host={"http2": Http2(clear=True)}) as served:
        client = Client(served.client())
        assert client.answer(client.ask_as(OPENING, ends=False)).reset == ErrorCodes.PROTOCOL_ERROR
        assert SettingCodes.ENABLE_CONNECT_PROTOCOL not in client.h2.remote_settings or (
            client.h2.remote_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL] == 0
        )
        assert member.unasked()


def test_an_answer_for_http_1_0(tmp_path: Path, member: Member) -> None:
    """Made for a client of HTTP/1.0, it ends with the connection; here, with the stream."""

    def arrange(world: World) -> None:
        from evenflow.plan.environment import Fixed

        world.host.base.variables = (Fixed(b"downgrade-1.0", b"1", NOWHERE),)

    with Served(tmp_path, member, host={"http2": Http2(clear=True)}, arrange=arrange) as served:
        client = Client(served.client())
        asked = client.ask()
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        answer = client.answer(asked)
        assert (answer.body, answer.ended, answer.reset) == (b"abc", True, None)


def behind(tmp_path: Path, member: Member, trailers: bytes, client: Client, body: bytes = b"5\r\nhello\r\n") -> Answer:
    asked = client.ask()
    peer = member.accept()
    peer.head()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    peer.send(head + body + b"0\r\n" + trailers + b"\r\n")
    return client.answer(asked)


@pytest.mark.parametrize("body", [b"5\r\nhello\r\n", b""])
def test_trailers_come_behind_the_answer(tmp_path: Path, member: Member, body: bytes) -> None:
    with Served(tmp_path, member, host={"http2": Http2(clear=True)}) as served:
        client = Client(served.client())
        sent = b"Grpc-Status: 0\r\nGrpc-Message: a\r\n b\r\nConnection: close\r\nContent-Length: 9\r\nX-Empty:\r\n"
        answer = behind(tmp_path, member, sent, client, body)
        assert answer.ended and answer.body == (b"hello" if body else b"")
        assert answer.trailers == [(b"grpc-status", b"0"), (b"grpc-message", b"a b"), (b"x-empty", b"")]
        # The next stream uses the same exchange.
        answer = behind(tmp_path, member, b"", client)
        assert answer.ended and answer.trailers == []


def test_trailers_wait_for_the_window(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host={"http2": Http2(clear=True)}) as served:
        client = Client(served.client(), takes=False)
        size = 100000
        body = b"%x\r\n%b\r\n" % (size, b"x" * size)
        asked = client.ask()
        peer = member.accept()
        peer.head()
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        peer.send(head + body + b"0\r\nX-Last: 1\r\n\r\n")
        while len(client.answers[asked].body) < 65535:
            assert client.read()
        assert client.answers[asked].trailers == []
        for stream in (None, asked):
            client.h2.increment_flow_control_window(size, stream)
        client.flush()
        answer = client.answer(asked)
        assert len(answer.body) == size and answer.trailers == [(b"x-last", b"1")]


@pytest.mark.parametrize(
    "trailers",
    [b"no colon\r\n", b"X y: 1\r\n", b": 1\r\n", b"X-T: " + b"a" * 8190 + b"\r\n", b"X-T: 1\r\n" * 101],
    ids=["no colon", "no token", "no name", "too long", "too many"],
)
def test_what_cannot_be_a_trailer_resets_the_stream(tmp_path: Path, member: Member, trailers: bytes) -> None:
    with Served(tmp_path, member, host={"http2": Http2(clear=True)}) as served:
        client = Client(served.client())
        answer = behind(tmp_path, member, trailers, client)
        assert answer.reset == ErrorCodes.INTERNAL_ERROR and not answer.ended and answer.trailers == []
        assert behind(tmp_path, member, b"X-T: 1\r\n" * 100, client).ended


def test_head_has_no_trailers(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host={"http2": Http2(clear=True)}) as served:
        client = Client(served.client())
        asked = client.ask(b"HEAD")
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        answer = client.answer(asked)
        assert answer.ended and answer.trailers == []
