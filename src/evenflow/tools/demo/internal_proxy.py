"""The small web application within Confluence that leads to Synchrony: `/synchrony-proxy`.

The real one is there for editors that cannot reach Synchrony directly. Here it is for those that may not have a
WebSocket either: it relays the messages that they POST, each to the Synchrony node beside it.
"""

from __future__ import annotations

import asyncio
from typing import Final

from evenflow.tools.demo.synchrony import BAYEUX_PATH as DIRECT_PATH
from evenflow.tools.demo.web import HEAD_LIMIT, Request, Response

PREFIX: Final = "/synchrony-proxy/"
BAYEUX_PATH: Final = "/synchrony-proxy/v1/bayeux-sync1"
HEALTH_PATH: Final = "/synchrony-proxy/healthcheck"
RELAYED: Final = ("content-type", "x-synchrony-node")


async def answer(request: Request, host: str, port: int) -> Response | None:
    """Ask Synchrony at `host:port`; None where this application has no such path, 503 where Synchrony is not there."""
    if request.path == HEALTH_PATH:
        return Response(200, [("Content-Type", "application/json")], b'{"status": "UP"}')
    if request.path != BAYEUX_PATH:
        return None
    if request.method != "POST":
        return Response(405, [("Allow", "POST")], b"")
    try:
        reader, writer = await asyncio.open_connection(host, port, limit=HEAD_LIMIT)
        try:
            return await relayed(reader, writer, await request.content(), request.fields.get("content-type", ""))
        finally:
            writer.close()
    except (OSError, asyncio.IncompleteReadError):
        return Response(503, [("Content-Type", "text/plain")], b"Synchrony is not there\n")


async def relayed(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes, media_type: str
) -> Response:
    """One exchange on a connection of its own; Synchrony's stand-in always says how long its answer is."""
    head = (
        f"POST {DIRECT_PATH} HTTP/1.1\r\nHost: synchrony\r\nConnection: close\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    writer.write(head.encode("latin-1") + content)
    status_line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()[:-1]
    fields = dict(line.split(": ", 1) for line in lines)
    size = int(fields.get("Content-Length", "0"))
    kept = [(name, value) for name, value in fields.items() if name.lower() in RELAYED]
    return Response(int(status_line.split()[1]), kept, await reader.readexactly(size))
