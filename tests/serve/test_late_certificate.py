"""Certificates that are asked for when the request is known, with real connections."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from evenflow.plan.fronts import Front
from evenflow.serve.late_certificate import LateCertificate
from evenflow.serve.tls import load_context
from tests.serve.test_tls import signed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("late")
    signed(made)
    return made


def connected(
    folder: Path, shows: bool, agrees: bool = True, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> tuple[ssl.SSLSocket, threading.Thread]:
    """Both ends after the handshake: ours, and a thread that answers b"x" with b"y" and reads on."""
    own = str(folder / "client.pem")
    context = load_context(Front(((own, None),), later=True, ca_file=str(folder / "authority.pem")))
    context.sslsocket_class = ssl.SSLSocket
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.maximum_version = version
    client.post_handshake_auth = agrees
    if shows:
        client.load_cert_chain(own)
    ours, theirs = socket.socketpair()

    def talk() -> None:
        try:
            with client.wrap_socket(theirs) as far:
                while far.recv(1) == b"x":
                    far.sendall(b"y")
        except OSError:
            pass

    thread = threading.Thread(target=talk)
    thread.start()
    near = context.wrap_socket(ours, server_side=True)
    return near, thread


@pytest.mark.parametrize("shows", [True, False])
def test_a_client_answers_with_or_without_a_certificate(folder: Path, shows: bool) -> None:
    near, thread = connected(folder, shows)
    with near:
        assert near.getpeercert(True) is None
        late = LateCertificate(near)
        assert late.ask() and late.say()
        assert not late.answered()
        near.sendall(b"x")
        assert near.recv(1) == b"y"
        assert late.answered()
        assert (near.getpeercert(True) is not None) is shows
        again = LateCertificate(near)
        assert again.ask() and again.say() and not again.answered()
        near.sendall(b"x")
        assert near.recv(1) == b"y"
        assert again.answered()
    thread.join()


def test_who_does_not_agree_cannot_be_asked(folder: Path) -> None:
    near, thread = connected(folder, True, agrees=False)
    with near:
        assert not LateCertificate(near).ask()
        near.sendall(b"x")
        assert near.recv(1) == b"y"
    thread.join()


def test_over_tls_1_2_the_handshake_has_asked(folder: Path) -> None:
    near, thread = connected(folder, True, version=ssl.TLSVersion.TLSv1_2)
    with near:
        assert near.getpeercert(True) is not None
        assert not LateCertificate(near).ask()
    thread.join()
