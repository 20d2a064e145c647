"""The stand-in nodes' HTTP: framing both ways, and what happens to what is left unread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from evenflow.tools.demo.web import Handler, Request, Response, listen


async def echo(request: Request) -> Response:
    """Say what arrived; /pieces in pieces, /deaf without reading the body."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b""
        yield b"two"

    if request.path == "/pieces":
        return Response(200, [], pieces())
    if request.path == "/deaf":
        return Response(200, [], b"heard nothing")
    body = await request.content()
    return Response(200, [("X-Cookie", request.cookie("a")), ("X-Query", request.query("q", "-"))], body)


def say(*sent: bytes, handler: Handler = echo) -> bytes:
    """Everything that the server answers to these bytes."""

    async def story() -> bytes:
        server = await listen(handler, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"".join(sent))
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        server.close()
        return answer

    return asyncio.run(asyncio.wait_for(story(), 10))


def test_a_body_by_length() -> None:
    assert say(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello").endswith(b"Content-Length: 5\r\n\r\nhello")


def test_a_body_by_chunks_with_extension_and_trailer() -> None:
    answer = say(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-T: 1\r\n\r\n")
    assert answer.endswith(b"\r\n\r\nhello")


def test_an_iterator_is_sent_in_chunks() -> None:
    answer = say(b"GET /pieces HTTP/1.1\r\n\r\n")
    assert answer.endswith(b"Transfer-Encoding: chunked\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n")


def test_a_health_check_in_http_1_0_is_answered_and_the_connection_ends() -> None:
    answer = say(b"GET /?q=2 HTTP/1.0\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.count(b"HTTP/1.1 200 OK") == 1
    answer = say(b"GET /pieces HTTP/1.0\r\n\r\n")
    assert answer.endswith(b"Connection: close\r\n\r\none two") and b"chunked" not in answer


def test_head_has_no_body() -> None:
    assert say(b"HEAD /deaf HTTP/1.1\r\n\r\n").endswith(b"Content-Length: 13\r\n\r\n")


def test_a_body_that_nobody_read_does_not_become_a_request() -> None:
    answer = say(
        b"POST /deaf HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", b"GET /?q=2 HTTP/1.1\r\nCookie: b=1; a=7\r\n\r\n"
    )
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert b"X-Cookie: 7\r\nX-Query: 2\r\n" in answer


def test_a_client_that_waits_is_told_to_go_on() -> None:
    answer = say(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_connection_close_is_obeyed() -> None:
    answer = say(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nName : x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: five\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 70000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_request_gets_400_and_the_end(sent: bytes) -> None:
    answer = say(sent, b"GET / HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"HTTP/1.1 200" not in answer
