"""Receiving and sending on non-blocking sockets: how much, would block, broken."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from evenflow.serve.sockets import receive, send_outlet, send_range
from evenflow.wire.outlet import Outlet

WOULD_BLOCK, BROKEN = -1, -2
SENT, BLOCKED, FAILED = 1, 0, -1

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, other = socket.socketpair()
    one.setblocking(False)
    other.settimeout(10)
    yield one, other
    one.close()
    other.close()


def read_all(other: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += other.recv(1 << 20)
    return found


def test_receive(pair: Pair) -> None:
    one, other = pair
    buffer = bytearray(8)
    assert receive(one.fileno(), buffer) == WOULD_BLOCK
    other.send(b"hello world")
    assert receive(one.fileno(), buffer) == 8
    assert buffer == b"hello wo"
    assert receive(one.fileno(), buffer) == 3
    assert buffer == b"rldlo wo"
    other.close()
    assert receive(one.fileno(), buffer) == 0


def test_receive_from_what_is_no_socket_any_more(pair: Pair) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    assert receive(write_end, bytearray(8)) == BROKEN
    os.close(write_end)


def test_send_range(pair: Pair) -> None:
    one, other = pair
    assert send_range(one.fileno(), bytearray(b"0123456789"), 2, 5) == 3
    assert other.recv(10) == b"234"
    large = bytearray(1 << 22)
    taken = send_range(one.fileno(), large, 0, len(large))
    assert 0 < taken < len(large)
    while taken > 0:
        taken = send_range(one.fileno(), large, 0, len(large))
    assert taken == WOULD_BLOCK
    other.close()
    assert send_range(one.fileno(), large, 0, 10) == BROKEN


def test_an_empty_outlet_is_sent(pair: Pair) -> None:
    assert send_outlet(pair[0].fileno(), Outlet()) == SENT


@pytest.mark.parametrize("kept", [b"", b"head"])
@pytest.mark.parametrize("lent", [b"", b"b" * 20000])
def test_an_outlet_that_the_socket_takes_whole(pair: Pair, kept: bytes, lent: bytes) -> None:
    one, other = pair
    out = Outlet()
    out.put(kept)
    if lent:
        out.lend(bytearray(lent), 0, len(lent))
    assert send_outlet(one.fileno(), out) == SENT
    assert out.pending() == 0
    if kept or lent:
        assert read_all(other, len(kept + lent)) == kept + lent


@pytest.mark.parametrize("kept", [b"", b"head", b"h" * 2000000])
@pytest.mark.parametrize("lent", [b"", b"b" * 20000, b"c" * 2000000])
def test_an_outlet_that_is_taken_in_parts(pair: Pair, kept: bytes, lent: bytes) -> None:
    one, other = pair
    out = Outlet()
    out.put(b"first")
    assert send_outlet(one.fileno(), out) == SENT
    out.put(kept)
    buffer = bytearray(lent)
    if lent:
        out.lend(buffer, 0, len(lent))
    wanted = b"first" + kept + lent
    found = b""
    while True:
        done = send_outlet(one.fileno(), out)
        buffer[:] = b"?" * len(buffer)
        if done == SENT:
            break
        assert done == BLOCKED
        assert out.lent is None, "what was lent must have been copied"
        found += other.recv(1 << 20)
    assert found + read_all(other, len(wanted) - len(found)) == wanted


@pytest.mark.parametrize("lent", [b"", b"b" * 20000])
def test_an_outlet_for_a_broken_socket(pair: Pair, lent: bytes) -> None:
    one, other = pair
    other.close()
    out = Outlet()
    out.put(b"head")
    if lent:
        out.lend(bytearray(lent), 0, len(lent))
    assert send_outlet(one.fileno(), out) == FAILED
