"""PROXY preambles on real sockets."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from evenflow.serve.preamble import AwaitedPreamble
from evenflow.wire.proxy_protocol import Preamble
from fuzz.proxy_protocol import V4, binary


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, headline: str, key: str, **fields: object) -> None:
        self.lines.append(str(fields.get("why")))


async def give(pieces: list[bytes], patience: float = 5.0) -> tuple[Preamble | None, bytes, list[str]]:
    """Send these pieces: the preamble, what is left behind it on the socket, and what was logged."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    log: Any = Log()
    done: asyncio.Future[Preamble] = loop.create_future()
    waiting = AwaitedPreamble(
        loop, log, ours, b"192.0.2.1", patience, lambda made, preamble: done.set_result(preamble)
    )
    for piece in pieces:
        theirs.sendall(piece)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    for _ in range(1000):
        if waiting.over:
            break
        await asyncio.sleep(0.01)
    theirs.shutdown(socket.SHUT_WR)
    rest = b""
    if done.done():
        ours.setblocking(True)
        rest = ours.recv(65536)
        ours.close()
    theirs.close()
    return (done.result() if done.done() else None), rest, log.lines


WHOLE = (b"PROXY TCP4 7.7.7.7 8.8.8.8 1000 80\r\n", binary(0x21, 0x11, V4 + b"\x03\0\x04abcd"))


@pytest.mark.parametrize("whole", WHOLE)
@pytest.mark.parametrize("dribbled", [False, True])
def test_what_stands_behind_it_is_left(whole: bytes, dribbled: bool) -> None:
    data = whole + b"\x16\x03\x01 and more"
    pieces = [data[at : at + 1] for at in range(len(data))] if dribbled else [data]
    preamble, rest, lines = asyncio.run(give(pieces))
    assert preamble is not None and (preamble.address, preamble.port) == (b"7.7.7.7", 1000)
    assert rest.startswith(b"\x16") if dribbled else rest == b"\x16\x03\x01 and more"
    assert lines == []


def test_anything_else_is_dropped() -> None:
    preamble, _, lines = asyncio.run(give([b"GET / HTTP/1.1\r\n\r\n"]))
    assert preamble is None and lines == ["the connection begins without a PROXY preamble"]


def test_who_is_late_is_dropped() -> None:
    preamble, _, lines = asyncio.run(give([b"PROXY TCP4 "], patience=0.05))
    assert preamble is None and lines == ["it did not come in time"]
