"""The name in a client's first flight, whole and in pieces."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any, cast

import pytest

from evenflow.serve.hello import AwaitedHello, server_name


def hello(name: str | None) -> bytes:
    """What OpenSSL sends first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    sent = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def test_the_name_as_openssl_writes_it() -> None:
    assert server_name(hello("B.Example")) == b"b.example"
    assert server_name(hello(None)) == b""


def test_pieces_are_waited_for() -> None:
    whole = hello("a.example")
    for size in range(1, len(whole)):
        assert server_name(whole[:size]) is None
    assert server_name(whole + b"more") == b"a.example"


def test_a_flight_in_several_records() -> None:
    whole = hello("a.example")
    message = whole[5:]
    records = b"".join(
        whole[:3] + len(message[at : at + 50]).to_bytes(2, "big") + message[at : at + 50]
        for at in range(0, len(message), 50)
    )
    assert server_name(records) == b"a.example"
    assert server_name(records[:-1]) is None


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", b"x"])
def test_what_is_no_handshake_names_nobody(data: bytes) -> None:
    assert server_name(data) == b""


def test_lengths_that_lie_name_nobody() -> None:
    whole = bytearray(hello("a.example"))
    for at in range(9, len(whole)):
        broken = bytes(whole[:at]) + b"\xff" + bytes(whole[at + 1 :])
        assert isinstance(server_name(broken), bytes)


def test_who_sends_no_more_is_looked_at_ever_more_seldom() -> None:
    """Each look takes time from everybody else."""
    waited: list[float] = []
    ours, client = socket.socketpair()

    class Loop:
        def call_later(self, seconds: float, what: Callable[[], None]) -> None:
            waited.append(seconds)

        def add_reader(self, *_: object) -> None: ...
        def remove_reader(self, *_: object) -> None: ...

    with ours, client:
        ours.setblocking(False)
        client.send(hello("a.example")[:10])
        told: list[bytes] = []
        awaited = AwaitedHello(cast(Any, Loop()), ours, 60.0, lambda made, name: told.append(name))
        for _ in range(8):
            awaited.look()
        assert waited == [60.0, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 0.64, 0.64]
        assert told == []


def test_who_ended_in_the_middle_of_a_word_is_let_go() -> None:
    class Loop:
        def call_later(self, seconds: float, what: Callable[[], None]) -> Any:
            return self

        def cancel(self) -> None: ...
        def add_reader(self, *_: object) -> None: ...
        def remove_reader(self, *_: object) -> None: ...

    ours, client = socket.socketpair()
    with ours, client:
        ours.setblocking(False)
        client.send(hello("a.example")[:10])
        told: list[bytes] = []
        awaited = AwaitedHello(cast(Any, Loop()), ours, 60.0, lambda made, name: told.append(name))
        awaited.look()
        assert not awaited.over
        client.shutdown(socket.SHUT_WR)
        awaited.look()
        assert awaited.over and told == [] and ours.fileno() == -1
