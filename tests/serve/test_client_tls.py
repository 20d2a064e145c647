"""A client's handshake, and clients that make none."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.serve.served import request, secured, until


def test_plain_http_on_a_tls_port(tmp_path: Path, certificate: tuple[str, str]) -> None:
    with secured(tmp_path, certificate) as served:
        client = served.client()
        client.send(request())
        status, _, body = client.answer()
        assert status == 400
        assert b"speaking plain HTTP to an SSL-enabled server port" in body
        client.expect_end()


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x00\x05hello", b"\0" * 100, b""])
def test_no_handshake(tmp_path: Path, certificate: tuple[str, str], garbage: bytes, context: ssl.SSLContext) -> None:
    with secured(tmp_path, certificate, host={"timeout": 0.3}) as served:
        client = served.client()
        client.send(garbage)
        with_end = client.socket
        try:
            while with_end.recv(1000):
                pass
        except ConnectionError:
            pass

        def others_are_served() -> bool:
            try:
                other = served.client(context=context)
                other.send(request("GET", "/own"))
                return other.answer()[0] == 404
            except (OSError, AssertionError):
                # So short a time is over on a busy machine before the client has said anything.
                return False

        until(others_are_served)


def test_a_client_that_leaves_during_the_handshake(tmp_path: Path, certificate: tuple[str, str]) -> None:
    with secured(tmp_path, certificate) as served:
        for _ in range(3):
            client = served.client()
            client.send(b"\x16\x03\x01")
            client.reset()
        served.drain()
        served.wait()
