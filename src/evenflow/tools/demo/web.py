"""A small HTTP/1.1 server for the stand-in nodes: RFC 9112 as far as a node behind a balancer needs it.

Health checks come as HTTP/1.0: they are answered, and the connection ends. A handler takes a `Request` and gives back a
`Response`, or an `Upgrade` that takes the connection over. Bodies stream in both directions. It knows no paths and no
cookies, and it is not meant to stand on the open internet.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit

VERSION: Final = "HTTP/1.1"
HEAD_LIMIT: Final = 65536
PIECE: Final = 65536


class BadRequest(Exception):
    """The other side's bytes are no HTTP request; the connection ends with 400."""


@dataclass(slots=True)
class Request:
    """One request. `fields` has lower-case names, repeated ones joined by ", "; `body` yields what arrives."""

    method: str
    target: str
    fields: dict[str, str]
    body: AsyncIterator[bytes]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    def query(self, name: str, default: str) -> str:
        """The first value of a query parameter."""
        return parse_qs(urlsplit(self.target).query).get(name, [default])[0]

    def cookie(self, name: str) -> str:
        """A cookie's value, "" where the client sends none of this name."""
        for pair in self.fields.get("cookie", "").split(";"):
            key, _, value = pair.strip().partition("=")
            if key == name:
                return value
        return ""

    async def content(self) -> bytes:
        """The whole body at once; for small ones."""
        return b"".join([piece async for piece in self.body])


@dataclass(slots=True)
class Response:
    """An answer. A `body` of bytes is sent with its length, an iterator in chunks, each as soon as it is there."""

    status: int = 200
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | AsyncIterator[bytes] = b""


@dataclass(slots=True)
class Upgrade:
    """Switch protocols: `fields` go with the 101, then `talk` owns the connection until it returns."""

    fields: list[tuple[str, str]]
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


Handler = Callable[[Request], Awaitable[Response | Upgrade]]


async def listen(handler: Handler, host: str, port: int) -> asyncio.Server:
    """Serve `handler` on one address until the server is closed."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await one_exchange(handler, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        except BadRequest as fault:
            await write_response(
                writer, Response(400, [("Connection", "close")], f"{fault}\n".encode()), with_body=True
            )
        finally:
            writer.close()

    return await asyncio.start_server(connected, host, port, limit=HEAD_LIMIT)


async def one_exchange(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answer one request; True where another may follow on the connection."""
    head = await read_head(reader)
    if head is None:
        return False
    method, target, version, fields = head
    request = Request(method, target, fields, read_body(fields, reader, writer))
    answer = await handler(request)
    if isinstance(answer, Upgrade):
        writer.write(head_bytes(101, answer.fields))
        await writer.drain()
        await answer.talk(reader, writer)
        return False
    # What the handler left unread still stands before the next request.
    async for _ in request.body:
        pass
    await write_response(writer, answer, with_body=method != "HEAD", chunked=version == VERSION)
    return version == VERSION and "close" not in fields.get("connection", "").lower()


async def read_head(reader: asyncio.StreamReader) -> tuple[str, str, str, dict[str, str]] | None:
    """Method, target, version and fields of the next request; None where the client is gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError as fault:
        raise BadRequest(f"a head of more than {HEAD_LIMIT} bytes") from fault
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or words[2] not in (VERSION, "HTTP/1.0"):
        raise BadRequest(f"no HTTP/1.1 request line: {lines[0]!r}")
    fields: dict[str, str] = {}
    for line in lines[1:-2]:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise BadRequest(f"no header field: {line!r}")
        key = name.lower()
        fields[key] = f"{fields[key]}, {value.strip()}" if key in fields else value.strip()
    return words[0], words[1], words[2], fields


async def read_body(
    fields: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> AsyncIterator[bytes]:
    """The content in pieces, by chunks or by length; answers `Expect: 100-continue` at the first look."""
    if fields.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if fields.get("transfer-encoding", "").lower() == "chunked":
        while size := number(await reader.readuntil(b"\r\n"), 16):
            async for piece in read_exactly(reader, size):
                yield piece
            await reader.readexactly(2)
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass
        return
    async for piece in read_exactly(reader, number(fields.get("content-length", "0").encode(), 10)):
        yield piece


def number(said: bytes, base: int) -> int:
    digits = said.split(b";")[0].strip()
    if not digits.isalnum():
        raise BadRequest(f"no length: {said!r}")
    try:
        return int(digits, base)
    except ValueError as fault:
        raise BadRequest(f"no length: {said!r}") from fault


async def read_exactly(reader: asyncio.StreamReader, size: int) -> AsyncIterator[bytes]:
    while size:
        piece = await reader.read(min(size, PIECE))
        if not piece:
            raise asyncio.IncompleteReadError(piece, size)
        size -= len(piece)
        yield piece


def head_bytes(status: int, fields: list[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def write_response(
    writer: asyncio.StreamWriter, answer: Response, *, with_body: bool, chunked: bool = True
) -> None:
    """Write it whole; an iterator without `chunked` ends with the connection."""
    body = answer.body
    if isinstance(body, bytes):
        head = head_bytes(answer.status, [*answer.fields, ("Content-Length", str(len(body)))])
        writer.write(head + body if with_body else head)
        await writer.drain()
        return
    framing = ("Transfer-Encoding", "chunked") if chunked else ("Connection", "close")
    writer.write(head_bytes(answer.status, [*answer.fields, framing]))
    await writer.drain()
    if not with_body:
        return
    async for piece in body:
        if piece:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
    if chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
