"""The name in a client's first flight, whole and in pieces."""

from __future__ import annotations

import ssl

import pytest

from evenflow.serve.hello import server_name


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
