"""The stand-in Synchrony node over real sockets: heartbeat, long-polling, WebSocket."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import connect

from evenflow.tools.demo import bayeux, websocket
from evenflow.tools.demo.cluster import Cluster, Node
from evenflow.tools.demo.synchrony import conversation
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


class Written:
    """A writer's end that only keeps what is written."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, content: bytes) -> None:
        self.content += content

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing."""


def test_a_last_word_before_the_end_counts() -> None:
    """A browser says it while its window is being closed: the word and the end come in one piece."""

    async def story() -> list[bayeux.Message]:
        server, heard = bayeux.Server("1"), list[bayeux.Message]()
        (met,) = await server.answer([{"channel": "/meta/handshake"}], heard.extend)
        await server.answer([{"channel": "/meta/subscribe", "clientId": met["clientId"], "subscription": "/last"}])
        (leaving,) = await server.answer([{"channel": "/meta/handshake"}])
        browser, reader = Written(), asyncio.StreamReader()
        says = websocket.WebSocket(reader, browser, client=True)  # type: ignore[arg-type]
        says.send(json.dumps([{"channel": "/meta/connect", "clientId": leaving["clientId"]}]))
        says.send(json.dumps([{"channel": "/last", "clientId": leaving["clientId"], "data": "word"}]))
        await says.close()
        reader.feed_data(browser.content)
        await conversation(server, websocket.WebSocket(reader, Written(), client=False))  # type: ignore[arg-type]
        return heard

    assert asyncio.run(asyncio.wait_for(story(), 20)) == [{"channel": "/last", "data": "word"}]


def test_a_broken_handshake_gets_400(port: int) -> None:
    assert ask(port, "GET", BAYEUX, Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Version="8")[0] == 400


def test_a_frame_that_is_no_bayeux_closes_the_socket(port: int) -> None:
    from websockets.exceptions import ConnectionClosed

    with connect(f"ws://127.0.0.1:{port}{BAYEUX}", proxy=None) as socket:
        socket.send("nonsense")
        with pytest.raises(ConnectionClosed):
            socket.recv(10)
