"""The Bayeux server as its clients meet it."""

from __future__ import annotations

import asyncio
from typing import Any

from evenflow.tools.demo import bayeux
from evenflow.tools.demo.bayeux import Message, Server


async def handshake(server: Server, push: Any = None) -> str:
    (answer,) = await server.answer([{"channel": "/meta/handshake", "version": "1.0"}], push)
    assert answer["successful"] and answer["ext"] == {"node": server.node}
    return str(answer["clientId"])


async def say(server: Server, client: str, channel: str, **more: Any) -> list[Message]:
    return await server.answer([{"channel": channel, "clientId": client, **more}])


def test_a_poll_brings_what_was_published() -> None:
    async def story() -> None:
        server = Server("1")
        client = await handshake(server)
        await say(server, client, "/meta/subscribe", subscription="/sync/*")
        (published,) = await say(server, client, "/sync/page", data={"text": "hi"}, id="7")
        assert (published["successful"], published["id"]) == (True, "7")
        connected, event = await say(server, client, "/meta/connect")
        assert connected["successful"]
        assert event == {"channel": "/sync/page", "data": {"text": "hi"}}

    asyncio.run(story())


def test_a_waiting_poll_is_woken() -> None:
    async def story() -> None:
        server = Server("1")
        reader, writer = await handshake(server), await handshake(server)
        await say(server, reader, "/meta/subscribe", subscription=["/a", "/b"])
        poll = asyncio.create_task(say(server, reader, "/meta/connect"))
        await asyncio.sleep(0)
        await say(server, writer, "/b", data=1)
        answers = await asyncio.wait_for(poll, 5)
        assert answers[1:] == [{"channel": "/b", "data": 1}]

    asyncio.run(story())


def test_an_open_socket_is_told_at_once() -> None:
    async def story() -> None:
        server, pushed = Server("1"), list[Message]()
        client = await handshake(server, pushed.extend)
        await say(server, client, "/meta/subscribe", subscription="/**")
        await say(server, client, "/deep/down", data=2)
        assert pushed == [{"channel": "/deep/down", "data": 2}]

    asyncio.run(story())


def test_another_node_s_client_is_unknown() -> None:
    async def story() -> None:
        client = await handshake(Server("1"))
        for channel in ("/meta/connect", "/meta/subscribe", "/sync/page"):
            (answer,) = await say(Server("2"), client, channel)
            assert not answer["successful"]
            assert answer["error"] == f"402:{client}:Unknown client"
            assert answer["advice"]["reconnect"] == "handshake"

    asyncio.run(story())


def test_who_unsubscribed_or_left_hears_nothing() -> None:
    async def story() -> None:
        server, pushed = Server("1"), list[Message]()
        client, other = await handshake(server, pushed.extend), await handshake(server)
        await say(server, client, "/meta/subscribe", subscription="/a")
        await say(server, client, "/meta/unsubscribe", subscription="/a")
        await say(server, other, "/a", data=1)
        assert pushed == []
        await say(server, client, "/meta/disconnect")
        (answer,) = await say(server, client, "/meta/connect")
        assert answer["error"].startswith("402:")

    asyncio.run(story())


def test_a_channel_that_bayeux_keeps_to_itself_is_refused() -> None:
    async def story() -> None:
        server = Server("1")
        (answer,) = await say(server, await handshake(server), "/meta/gossip")
        assert answer["error"].startswith("405:")

    asyncio.run(story())


def test_patterns() -> None:
    client = bayeux.Client()
    client.patterns = {"/a/*", "/b/**", "/c"}
    assert [
        channel for channel in ("/a", "/a/x", "/a/x/y", "/b/x", "/b/x/y", "/c", "/c/x") if client.wants(channel)
    ] == [
        "/a/x",
        "/b/x",
        "/b/x/y",
        "/c",
    ]


def test_a_client_may_ask_not_to_wait() -> None:
    async def story() -> None:
        server = Server("1", held=60.0)
        asked = say(server, await handshake(server), "/meta/connect", advice={"timeout": 0})
        (answer,) = await asyncio.wait_for(asked, 30.0)
        assert answer["successful"] and answer["advice"]["timeout"] == 60000

    asyncio.run(story())
