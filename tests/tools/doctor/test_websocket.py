"""A handshake that is one, one that only seems so, and the second of an end."""

from __future__ import annotations

import socket

from evenflow.tools.demo.websocket import accept_value
from evenflow.tools.doctor.websocket import quiet_until, shake
from tests.tools.doctor.answering import Answering, answer


def right(head: bytes) -> bytes:
    key = next(line for line in head.decode().split("\r\n") if line.startswith("Sec-WebSocket-Key")).split(": ")[1]
    return f"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept_value(key)}\r\n\r\n".encode()


def test_a_websocket_is_known_by_its_accept() -> None:
    for say, status, accepted in (
        (right, 101, True),
        (lambda head: b"HTTP/1.1 101 X\r\nSec-WebSocket-Accept: no\r\n\r\n", 101, False),
        (lambda head: answer(200), 200, False),
    ):
        with Answering(say) as there:
            shaken = shake(there.asker(), "/x", "keep-alive, Upgrade")
            shaken.close()
        assert (shaken.answer.status, shaken.accepted) == (status, accepted)
        assert b"Connection: keep-alive, Upgrade\r\n" in there.heads[0]


def test_silence_ends_with_the_connection_or_a_close_frame_or_not() -> None:
    here, there = socket.socketpair()
    with here, there:
        assert quiet_until(here, 0.05) is None
        there.sendall(b"\x89\x00")
        assert quiet_until(here, 0.05) is None
        there.sendall(b"\x88\x02\x03\xe9")
        assert quiet_until(here, 30.0) is not None
    here, there = socket.socketpair()
    there.close()
    with here:
        assert quiet_until(here, 30.0) is not None
