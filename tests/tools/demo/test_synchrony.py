"""The stand-in Synchrony node over real sockets: heartbeat, long-polling, WebSocket."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import connect

from evenflow.tools.demo.cluster import Cluster, Node
from tests.peers import free_port

BAYEUX = "/synchrony/v1/bayeux-sync1"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    port = free_port()
    with Cluster([Node("synchrony", "1", "127.0.0.1", port)]):
        yield port


def ask(port: int, method: str, path: str, body: str = "", **fields: str) -> tuple[int, bytes]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()


def poll(port: int, **message: Any) -> dict[str, Any]:
    status, body = ask(port, "POST", BAYEUX, json.dumps([message]), Content_Type="application/json")
    assert status == 200
    return dict(json.loads(body)[0])


def test_the_heartbeat_says_ok(port: int) -> None:
    assert ask(port, "GET", "/synchrony/heartbeat") == (200, b"OK")


def test_anything_else_is_not_there(port: int) -> None:
    assert ask(port, "GET", "/synchrony/")[0] == 404
    assert ask(port, "GET", BAYEUX)[0] == 405


def test_a_form_is_understood_like_json(port: int) -> None:
    form = 'message=[{"channel":"/meta/handshake","version":"1.0"}]'
    status, body = ask(port, "POST", BAYEUX, form, Content_Type="application/x-www-form-urlencoded")
    assert status == 200
    assert json.loads(body)[0]["successful"]


@pytest.mark.parametrize("body", ["{", '["a"]', "7"])
def test_what_is_no_bayeux_gets_400(port: int, body: str) -> None:
    assert ask(port, "POST", BAYEUX, body, Content_Type="application/json")[0] == 400


def test_a_websocket_hears_what_a_poll_published(port: int) -> None:
    with connect(f"ws://127.0.0.1:{port}{BAYEUX}", proxy=None) as socket:

        def say(**message: Any) -> Any:
            socket.send(json.dumps([message]))
            return json.loads(socket.recv(10))[0]

        client = say(channel="/meta/handshake", version="1.0")["clientId"]
        assert say(channel="/meta/subscribe", clientId=client, subscription="/sync/page")["successful"]
        # A connect that waits holds nothing up: the event comes while it is pending.
        socket.send(json.dumps([{"channel": "/meta/connect", "clientId": client}]))
        other = poll(port, channel="/meta/handshake", version="1.0")["clientId"]
        assert poll(port, channel="/sync/page", clientId=other, data="hello")["successful"]
        assert json.loads(socket.recv(10)) == [{"channel": "/sync/page", "data": "hello"}]


def test_a_broken_handshake_gets_400(port: int) -> None:
    assert ask(port, "GET", BAYEUX, Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Version="8")[0] == 400


def test_a_frame_that_is_no_bayeux_closes_the_socket(port: int) -> None:
    from websockets.exceptions import ConnectionClosed

    with connect(f"ws://127.0.0.1:{port}{BAYEUX}", proxy=None) as socket:
        socket.send("nonsense")
        with pytest.raises(ConnectionClosed):
            socket.recv(10)
