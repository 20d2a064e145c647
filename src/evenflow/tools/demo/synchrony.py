"""A stand-in Synchrony node: the heartbeat, and a Bayeux endpoint over WebSocket and over long-polling.

The paths are Synchrony's. What editors say to each other is passed on unread, except for pages that they write
together: `documents` keeps those, and leads what is said from node to node.
"""

from __future__ import annotations

import asyncio
import json
from typing import Final
from urllib.parse import parse_qs

from evenflow.tools.demo import bayeux, websocket
from evenflow.tools.demo.documents import Documents
from evenflow.tools.demo.web import Handler, Request, Response, Upgrade

BAYEUX_PATH: Final = "/synchrony/v1/bayeux-sync1"
JSON: Final = ("Content-Type", "application/json")
LISTEN_SECONDS: Final = 0.03
"""How often a node looks whether another one has written."""


def synchrony(node: str, held: float = bayeux.CONNECT_SECONDS, documents: Documents | None = None) -> Handler:
    """The node's handler; `node` is the name it gives itself, `held` for how many seconds a poll may wait.

    With `documents` it needs a running loop: from then on it hears the other nodes.
    """
    server = bayeux.Server(node, held, documents)
    if documents is not None:
        hearing.add(asyncio.get_running_loop().create_task(hear(server)))
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


hearing: Final[set[asyncio.Task[None]]] = set()
"""Nobody else would keep these tasks alive."""


async def hear(server: bayeux.Server) -> None:
    """Follow the other nodes for ever."""
    while True:
        server.hear()
        await asyncio.sleep(LISTEN_SECONDS)


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
        # What came just before the end counts: it goes as far as it can without waiting.
        await asyncio.sleep(0)
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
