"""Bodies much larger than any buffer: they arrive whole, the process does not grow, and others are served meanwhile.

Compiled 2 GiB each way; interpreted, and over TLS, less: the bytes per second differ there and not the code.
Each MiB begins with its number, so that a piece that is lost, repeated or moved shows without a digest over all.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.faults.conftest import Front, Start
from tests.faults.members import Visit, member
from tests.faults.processes import resident
from tests.nodes.test_nodes import NAME, make_certificate

MIB: Final = 1 << 20
COMPILED: Final = os.environ.get("EVENFLOW_WAY") == "compiled"
SIZES: Final = {"plain": 2048 if COMPILED else 256, "tls": 512 if COMPILED else 64}
"""MiB to send."""
GROWTH: Final = 16 * MIB


def send_numbered(send: Callable[[memoryview], object], mib: int) -> None:
    block = bytearray(MIB)
    for number in range(mib):
        block[:8] = number.to_bytes(8)
        send(memoryview(block))


def receive_numbered(receive_into: Callable[[memoryview], int], mib: int, begun: bytes = b"") -> None:
    """Read that many MiB and look at every number; `begun` is what was read already."""
    block = bytearray(MIB)
    view = memoryview(block)
    filled = len(begun)
    block[:filled] = begun
    for number in range(mib):
        while filled < MIB:
            size = receive_into(view[filled:])
            assert size, f"the body ends in MiB {number} of {mib}"
            filled += size
        assert int.from_bytes(block[:8]) == number
        assert block[8:16] == bytes(8)
        filled = 0


def large(visit: Visit) -> bool:
    """Take an upload, or give a download of as many MiB as the path says."""
    mib = int(visit.path.rpartition("/")[2])
    if visit.method == "POST":
        assert visit.length == mib * MIB
        receive_numbered(visit.link.recv_into, mib, visit.unread)
        visit.unread = b""
        visit.answer(b"all there")
    elif mib:
        visit.link.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {mib * MIB}\r\n\r\n".encode())
        send_numbered(visit.link.sendall, mib)
    else:
        visit.answer(b"nothing")
    return True


@pytest.fixture(params=["plain", "tls"])
def way(
    request: pytest.FixtureRequest, start: Start, tmp_path: Path
) -> tuple[str, Start, Callable[[Front], socket.socket]]:
    """How clients come: by which name, how to start the front, and how to reach it."""
    if request.param == "plain":
        return "plain", start, Front.dial
    certificate = make_certificate(tmp_path / "certificates")
    context = ssl.create_default_context(cafile=str(certificate))
    more = f"SSLEngine on\nSSLCertificateFile {certificate}\nSSLCertificateKeyFile {certificate.with_suffix('.key')}"

    def start_with_tls(*members: int) -> Front:
        return start(*members, more=more)

    return "tls", start_with_tls, lambda front: context.wrap_socket(front.dial(), server_hostname=NAME)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("direction", ["upload", "download"])
def test_a_large_body_arrives_whole_and_the_process_does_not_grow(
    way: tuple[str, Start, Callable[[Front], socket.socket]], direction: str
) -> None:
    name, start, dial = way
    mib = SIZES[name]
    with member(large) as one:
        front = start(one.port)
        with dial(front) as link:
            assert ask(link, b"GET /0 HTTP/1.1\r\nHost: front\r\n\r\n") == b"nothing"
        before = resident(front.process.pid)
        most, slowest = before, 0.0
        ended = threading.Event()

        def watch() -> None:
            nonlocal most, slowest
            while not ended.wait(0.05):
                most = max(most, resident(front.process.pid))
                begun = time.monotonic()
                with dial(front) as link:
                    assert ask(link, b"GET /0 HTTP/1.1\r\nHost: front\r\n\r\n") == b"nothing"
                slowest = max(slowest, time.monotonic() - begun)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            with dial(front) as link:
                transfer(link, direction, mib)
        finally:
            ended.set()
            watcher.join()
        assert most - before < GROWTH, f"the process grew by {(most - before) / MIB:.1f} MiB"
        assert slowest < 2.0, f"somebody else's small request took {slowest:.1f} s meanwhile"


def ask(link: socket.socket, request: bytes) -> bytes:
    link.sendall(request)
    answer = http.client.HTTPResponse(link)
    answer.begin()
    return answer.read()


def transfer(link: socket.socket, direction: str, mib: int) -> None:
    if direction == "upload":
        link.sendall(f"POST /{mib} HTTP/1.1\r\nHost: front\r\nContent-Length: {mib * MIB}\r\n\r\n".encode())
        send_numbered(link.sendall, mib)
        answer = http.client.HTTPResponse(link)
        answer.begin()
        assert (answer.status, answer.read()) == (200, b"all there")
        return
    link.sendall(f"GET /{mib} HTTP/1.1\r\nHost: front\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += link.recv(1)
    assert head.startswith(b"HTTP/1.1 200 ")
    receive_numbered(link.recv_into, mib)
