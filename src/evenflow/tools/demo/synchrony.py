"""A stand-in Synchrony node: the heartbeat, and a Bayeux endpoint over WebSocket and over long-polling.

The paths are Synchrony's; what editors say to each other is passed on unread.
"""

from __future__ import annotations

import asyncio
import json
from typing import Final
from urllib.parse import parse_qs

from evenflow.tools.demo import bayeux, websocket
from evenflow.tools.demo.web import Handler, Request, Response, Upgrade

BAYEUX_PATH: Final = "/synchrony/v1/bayeux-sync1"
JSON: Final = ("Content-Type", "application/json")


def synchrony(node: str, held: float = bayeux.CONNECT_SECONDS) -> Handler:
    """The node's handler; `node` is the name it gives itself, `held` for how many seconds a poll may wait."""
    server = bayeux.Server(node, held)
    named = ("X-Synchrony-Node", node)

    async def handle(request: Request) -> Response | Upgrade:
        if request.path == "/synchrony/heartbeat":
            return Response(200, [("Content-Type", "text/plain"), named], b"OK")
        if request.path != BAYEUX_PATH:
            return Response(404, [("Content-Type", "text/plain"), named], b"Not found\n")
        if request.fields.get("upgrade", "").lower() == "websocket":
            return websocket_answer(server, request)
        if request.method != "POST":
            return Response(405, [("Allow", "POST"), named], b"")
        try:
            messages = parse(await request.content(), request.fields.get("content-type", ""))
        except ValueError as fault:
            return Response(400, [("Content-Type", "text/plain"), named], f"{fault}\n".encode())
        return Response(200, [JSON, named], json.dumps(await server.answer(messages)).encode())

    return handle


def websocket_answer(server: bayeux.Server, request: Request) -> Response | Upgrade:
    key = request.fields.get("sec-websocket-key", "")
    if not key or request.fields.get("sec-websocket-version") != "13":
        return Response(400, [("Sec-WebSocket-Version", "13")], b"No WebSocket handshake that RFC 6455 knows\n")
    fields = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", websocket.accept_value(key)),
        ("X-Synchrony-Node", server.node),
    ]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await conversation(server, websocket.WebSocket(reader, writer, client=False))

    return Upgrade(fields, talk)


async def conversation(server: bayeux.Server, socket: websocket.WebSocket) -> None:
    """Answer until the client goes; a waiting /meta/connect holds up nothing else."""
    pending: set[asyncio.Task[None]] = set()

    def push(messages: list[bayeux.Message]) -> None:
        socket.send(json.dumps(messages))

    async def answer(text: str) -> None:
        try:
            messages = parse(text.encode(), "application/json")
        except ValueError:
            await socket.close()
            return
        push(await server.answer(messages, push))

    try:
        while True:
            task = asyncio.create_task(answer(await socket.receive()))
            pending.add(task)
            task.add_done_callback(pending.discard)
    except websocket.Closed:
        for task in pending:
            task.cancel()
        for client in server.clients.values():
            if client.push is push:
                client.push = None


def parse(content: bytes, media_type: str) -> list[bayeux.Message]:
    """The messages of one POST or one frame: JSON, or a form whose field `message` is JSON. Raises ValueError."""
    if media_type.startswith("application/x-www-form-urlencoded"):
        content = parse_qs(content.decode()).get("message", [""])[0].encode()
    said = json.loads(content)
    messages = said if isinstance(said, list) else [said]
    if not all(isinstance(message, dict) for message in messages):
        raise ValueError("a Bayeux message is a JSON object")
    return messages
