"""Listening sockets: one for each child, on the addresses that `Listen` names, and words where that fails."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

import pytest

from evenflow.control import listening
from evenflow.control.trouble import Trouble
from evenflow.origin import Origin
from evenflow.plan.model import Listener
from tests.peers import free_port


def listener(host: str, port: int) -> Listener:
    return Listener(host, port, False, Origin("wiki.conf", 3, f"Listen {host}:{port}"))


def test_each_child_has_a_socket_for_each_address() -> None:
    ports = [free_port(), free_port()]
    shares = listening.open_listeners(tuple(listener("127.0.0.1", port) for port in ports), 3, 16)
    try:
        assert [[bound.getsockname()[1] for bound, _ in share] for share in shares] == [ports] * 3
        assert len({bound.fileno() for share in shares for bound, _ in share}) == 6
        assert not any(bound.getblocking() for share in shares for bound, _ in share)
        socket.create_connection(("127.0.0.1", ports[1]), 5).close()
    finally:
        listening.close(shares)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]), 5)


def test_no_host_is_every_address_of_both_families() -> None:
    port = free_port("0.0.0.0")
    shares = listening.open_listeners((listener("", port),), 1, 16)
    try:
        names = listening.names(shares[0])
        assert names[0] == f"0.0.0.0:{port}"
        if listening.has_ipv6():
            assert names == [f"0.0.0.0:{port}", f"[::]:{port}"]
            socket.create_connection(("::1", port), 5).close()
    finally:
        listening.close(shares)


@pytest.mark.skipif(not listening.has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6(host: str) -> None:
    port = free_port("::1")
    shares = listening.open_listeners((listener(host, port),), 1, 16)
    try:
        assert listening.names(shares[0]) == [f"[::1]:{port}"]
    finally:
        listening.close(shares)


def refused(*listeners: Listener) -> Trouble:
    with pytest.raises(Trouble) as caught:
        listening.close(listening.open_listeners(listeners, 2, 16))
    return caught.value


@pytest.mark.parametrize("options", [(), ("SO_REUSEPORT",), ("SO_REUSEADDR",), ("SO_REUSEADDR", "SO_REUSEPORT")])
def test_a_taken_port_names_the_process(options: tuple[str, ...]) -> None:
    port = free_port()
    code = (
        "import socket, sys, time\n"
        "bound = socket.socket()\n"
        + "".join(f"bound.setsockopt(socket.SOL_SOCKET, socket.{option}, 1)\n" for option in options)
        + f"bound.bind(('127.0.0.1', {port}))\n"
        "bound.listen()\n"
        "print('listening', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None and other.stdout.readline() == b"listening\n"
            trouble = refused(listener("127.0.0.1", port))
        finally:
            other.kill()
    assert trouble.code == "port-taken"
    assert f"port {port} is taken by " in trouble.headline and f"(process {other.pid})" in trouble.headline
    assert f"kill {other.pid}" in trouble.help
    assert trouble.origin.line == 3


def test_who_connects_while_it_is_looked_whether_the_port_is_free_is_refused_and_not_reset() -> None:
    port = free_port()
    connected: list[int] = []
    over = threading.Event()

    def connect() -> None:
        while not over.is_set():
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    connected.append(1)

    thread = threading.Thread(target=connect)
    thread.start()
    for _ in range(2000):
        listening.probe(socket.AF_INET, "127.0.0.1", listener("127.0.0.1", port))
    over.set()
    thread.join()
    assert not connected


def test_nothing_stays_open_after_a_refusal() -> None:
    first, second = free_port(), free_port()
    with socket.create_server(("127.0.0.1", second)):
        refused(listener("127.0.0.1", first), listener("127.0.0.1", second))
    socket.create_server(("127.0.0.1", first)).close()


def test_an_address_of_another_machine() -> None:
    trouble = refused(listener("192.0.2.1", free_port()))
    assert trouble.code == "address-unknown" and "`192.0.2.1:" in trouble.headline


def test_a_name_that_is_no_address() -> None:
    assert refused(listener("no-such-host.invalid", 8080)).code == "address-unknown"


def test_a_low_port_without_root() -> None:
    trouble = listening.refusal(PermissionError(13, "Permission denied"), "0.0.0.0", listener("", 80))
    assert trouble.code == "port-forbidden" and "`0.0.0.0:80`" in trouble.headline


def test_our_own_sockets_are_nobody_else() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert listening.listening_inodes(port)
        assert listening.holder(port) is None
        assert os.getpid() > 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [("", "0.0.0.0:80"), ("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80"), ("[::1]", "[::1]:80")],
)
def test_addresses_as_people_write_them(host: str, expected: str) -> None:
    assert listening.shown(host, 80) == expected
