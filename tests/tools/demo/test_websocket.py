"""WebSocket conversations between two ends of one real connection, and with an independent implementation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import websockets

from evenflow.tools.demo import websocket


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[websocket.WebSocket, websocket.WebSocket]]:
    """A client's end and a server's end, joined."""
    ends: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.put_nowait((reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    far_reader, far_writer = await ends.get()
    client = websocket.WebSocket(reader, writer, client=True)
    try:
        yield client, websocket.WebSocket(far_reader, far_writer, client=False)
    finally:
        writer.close()
        far_writer.close()
        server.close()


def test_the_accept_value_is_rfc_6455_s_example() -> None:
    assert websocket.accept_value("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 200_000])
def test_text_of_every_length_form_goes_both_ways(size: int) -> None:
    async def story() -> None:
        async with pair() as (client, server):
            text = "é" * (size // 2) + "x" * (size % 2)
            client.send(text)
            assert await server.receive() == text
            server.send(text)
            assert await client.receive() == text

    asyncio.run(story())


def test_closing_is_told_with_its_code() -> None:
    async def story() -> None:
        async with pair() as (client, server):
            await client.close()
            with pytest.raises(websocket.Closed) as closed:
                await server.receive()
            assert closed.value.code == 1000

    asyncio.run(story())


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x01x", 1002),  # a client that does not mask
        (b"\xc1\x80\0\0\0\0", 1002),  # a reserved bit
        (b"\x83\x80\0\0\0\0", 1002),  # an opcode that nobody has defined
        (b"\x81\xff\0\0\0\0\0\xff\xff\xff", 1009),
        (b"\x81", 1006),
    ],
)
def test_a_broken_frame_ends_the_conversation(frame: bytes, code: int) -> None:
    async def story() -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with pytest.raises(websocket.Closed) as closed:
                await websocket.WebSocket(reader, writer, client=False).receive()
            codes.append(closed.value.code)
            writer.close()

        codes: list[int] = []
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(frame)
        writer.write_eof()
        await reader.read()
        writer.close()
        server.close()
        assert codes == [code]

    asyncio.run(asyncio.wait_for(story(), 10))


def test_it_understands_the_websockets_library() -> None:
    """Fragments, pings and closing as somebody else wrote them."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(line.split(": ")[1] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
        writer.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {websocket.accept_value(key)}\r\n\r\n".encode()
        )
        socket = websocket.WebSocket(reader, writer, client=False)
        try:
            while True:
                socket.send(await socket.receive())
        except websocket.Closed:
            writer.close()

    async def story() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with websockets.connect(f"ws://127.0.0.1:{port}/", compression=None, proxy=None) as client:
            await client.send(["one ", "message ", "in pieces"])
            assert await client.recv() == "one message in pieces"
            await (await client.ping())
        server.close()

    asyncio.run(asyncio.wait_for(story(), 10))
