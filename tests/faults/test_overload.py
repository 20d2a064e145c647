"""The program when it is full: who operates it is let in, slow clients are ended, nobody runs out of descriptors or
memory, and afterwards all is as before.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from evenflow.control import channel
from evenflow.serve.crowd import OF_CONNECTION
from tests.control.processes import PATIENCE, Served, alive, until
from tests.faults.load import Node, exchange
from tests.faults.members import Visit, member
from tests.faults.processes import resident
from tests.peers import free_port

MOST: Final = 8
"""EvenflowMaxConnections."""
FILES: Final = 64
"""Descriptors, where they are few."""
PAGES: Final = ("/server-status?auto", "/balancer-manager", "/metrics", "/robots.txt")


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    with tempfile.TemporaryDirectory(prefix="evenflow-") as folder, ExitStack() as made:
        monkeypatch.setenv("EVENFLOW_RUN", folder)
        yield made


class Limited(Served):
    """With few descriptors: the soft limit is the hard one."""

    command = (
        sys.executable,
        "-c",
        f"import resource, runpy; resource.setrlimit(resource.RLIMIT_NOFILE, ({FILES}, {FILES}));"
        "runpy.run_module('evenflow', run_name='__main__')",
    )


def begin(stack: ExitStack, folder: Path, text: str, children: int, kind: type[Served] = Served) -> Served:
    server = kind(folder, free_port(), text, "--children", str(children))
    stack.callback(server.stop)
    return server.ready()


def get(port: int, path: str, accept: str = "*/*") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Host": "operator", "Accept": accept, "Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def dial(stack: ExitStack, server: Served) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
    stack.callback(made.close)
    return made


@pytest.mark.parametrize("children", [1, 2])
def test_who_operates_it_is_let_in_when_it_is_full(stack: ExitStack, tmp_path: Path, children: int) -> None:
    node = Node()
    stack.callback(node.let_go)
    port = stack.enter_context(member(node)).port
    inner = free_port()
    server = begin(
        stack,
        tmp_path,
        f"""
        Listen 127.0.0.1:{inner}
        EvenflowMaxConnections {MOST}
        EvenflowMaxConnectionsPerAddress {MOST * 4}
        EvenflowReservedPorts {inner} connections=4
        RequestReadTimeout header=0 body=0
        Timeout 60
        <Proxy balancer://a>
            BalancerMember http://127.0.0.1:{port} max=1 acquire=60000
        </Proxy>
        ProxyPass /page balancer://a/page
        ProxyPass /hold balancer://a/hold
        <VirtualHost 127.0.0.1:{inner}>
            ServerName operator
            DocumentRoot {tmp_path}/docs
            <Location /server-status>
                SetHandler server-status
            </Location>
            <Location /balancer-manager>
                SetHandler balancer-manager
            </Location>
            <Location /metrics>
                SetHandler evenflow-metrics
            </Location>
        </VirtualHost>""",
        children,
    )
    # Half of those that may come wait for the one member, in its queue; the others say half a word and are silent.
    for _ in range(MOST * children * 4):
        dial(stack, server).sendall(b"GET /hold HTTP/1.1\r\nHost: front\r\n\r\n")
    for _ in range(MOST * children * 4):
        dial(stack, server).sendall(b"GET /page HT")
    until(lambda: server.said.count("EvenflowMaxConnections allows") >= 1)
    until(lambda: order(server)["connections"] == MOST * children)
    waiting = dial(stack, server)
    waiting.sendall(b"GET /page/waiting HTTP/1.1\r\nHost: front\r\n\r\n")
    for _ in range(3):
        for path in PAGES:
            status, body = get(inner, path)
            assert status == 200 and body, path
    # For people the page comes from another process, once that is there.
    until(lambda: b'<main id="balancers">' in get(inner, "/balancer-manager", "text/html")[1])
    assert b"ConnsTotal" in get(inner, PAGES[0])[1]
    # Nor can those who operate it fill each child: they wait like others.
    held = [socket.create_connection(("127.0.0.1", inner), PATIENCE) for _ in range(4 * children * 8)]
    for one in held:
        one.sendall(b"GET /")
    until(lambda: "EvenflowReservedPorts allows" in server.said)
    assert order(server)["connections"] <= (MOST + 4) * children
    for one in held:
        one.close()
    assert get(inner, "/robots.txt")[0] == 200
    assert waiting_still(waiting)


def order(server: Served) -> dict[str, int]:
    answer = channel.ask(channel.place(str(server.file)), {"do": "status"})
    assert answer["ok"]
    return answer


def waiting_still(client: socket.socket) -> bool:
    """Whether nothing has come yet."""
    client.setblocking(False)
    try:
        client.recv(1)
    except BlockingIOError:
        return True
    finally:
        client.settimeout(PATIENCE)
    return False


def test_slow_clients_do_not_keep_others_out_for_ever(stack: ExitStack, tmp_path: Path) -> None:
    def reads(visit: Visit) -> bool:
        size = sum(len(piece) for piece in visit.body())
        if size == visit.length:
            visit.answer(visit.path.encode())
        return size == visit.length

    port = stack.enter_context(member(reads)).port
    server = begin(
        stack,
        tmp_path,
        f"EvenflowMaxConnections {MOST}\nRequestReadTimeout header=1 body=1\nKeepAliveTimeout 1\n"
        f"ProxyPass /page http://127.0.0.1:{port}/page",
        1,
    )
    slow = [dial(stack, server) for _ in range(MOST)]
    for place, one in enumerate(slow):
        one.sendall(b"GET /pa" if place % 2 else b"POST /page HTTP/1.1\r\nHost: front\r\nContent-Length: 9\r\n\r\nhalf")
    late = dial(stack, server)
    exchange(late, "/page/late")
    assert "EvenflowMaxConnections allows" in server.said
    for place, one in enumerate(slow):
        # As in httpd, a request line that breaks off has no answer.
        assert one.recv(65536)[:13] == (b"" if place % 2 else b"HTTP/1.1 408 ")


def test_accepting_pauses_before_descriptors_run_out(stack: ExitStack, tmp_path: Path) -> None:
    """More clients than there are descriptors, with tunnels: those that are in are served to the end, the others when
    there is room; members are not blamed."""
    port = stack.enter_context(member(Node())).port
    inner = free_port()
    server = begin(
        stack,
        tmp_path,
        f"Listen 127.0.0.1:{inner}\nEvenflowReservedPorts {inner}\n"
        f"<Proxy balancer://a>\nBalancerMember http://127.0.0.1:{port} upgrade=websocket\n</Proxy>\n"
        "ProxyPass /page balancer://a/page\nProxyPass /ws balancer://a/ws\n",
        1,
        Limited,
    )
    (child,) = server.children()
    # All come at once.
    os.kill(child, signal.SIGSTOP)
    tunnels = [dial(stack, server) for _ in range(60)]
    for one in tunnels:
        one.sendall(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    os.kill(child, signal.SIGCONT)
    until(lambda: "few descriptors are left" in server.said)
    assert tunnels[0].recv(65536).startswith(b"HTTP/1.1 101 ")
    tunnels[0].sendall(b"hello")
    assert tunnels[0].recv(5) == b"hello"
    assert get(inner, "/robots.txt")[0] == 200
    for one in tunnels:
        one.close()
    with dial(stack, server) as last:
        exchange(last, "/page/last")
    assert alive(child) and "cannot accept" not in server.said and "too many open files" not in server.said
    (balancer,) = channel.ask(channel.place(str(server.file)), {"do": "members"})["balancers"]
    assert [one["state"] for one in balancer["members"]] == ["serving"]


def test_kept_connections_do_not_shut_the_door_for_ever(stack: ExitStack, tmp_path: Path) -> None:
    """One member after the other is asked by many at once, and keeps their connections: more together than may be."""
    nodes = [Node() for _ in range(5)]
    ports = [stack.enter_context(member(node)).port for node in nodes]
    for node in nodes:
        stack.callback(node.let_go)
    text = "".join(f"ProxyPass /{place} http://127.0.0.1:{port}/hold\n" for place, port in enumerate(ports))
    server = begin(stack, tmp_path, text, 1, Limited)
    for place, node in enumerate(nodes):
        threads = [threading.Thread(target=get, args=(server.port, f"/{place}/{number}")) for number in range(12)]
        for thread in threads:
            thread.start()
        until(lambda: node.inside["hold"] == 12)  # noqa: B023
        node.let_go()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
    assert get(server.port, "/robots.txt")[0] == 200
    assert get(server.port, "/robots.txt")[0] == 200


READERS: Final = 200
BODY: Final = 8 << 20


def test_memory_is_bounded_by_slow_readers(stack: ExitStack, tmp_path: Path) -> None:
    """Two hundred who read nothing of large answers: each has what its connection may hold, and no more."""
    sent = [0]

    def large(visit: Visit) -> bool:
        if visit.path == "/small":
            visit.answer(b"small")
            return True
        visit.link.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n".encode())
        piece = bytes(65536)
        for _ in range(BODY // len(piece)):
            visit.link.sendall(piece)
            sent[0] += len(piece)
        return False

    port = stack.enter_context(member(large)).port
    server = begin(stack, tmp_path, f"ProxyPass / http://127.0.0.1:{port}/", 1)
    assert get(server.port, "/small") == (200, b"small")
    before = resident(server.process.pid)
    for _ in range(READERS):
        slow = socket.socket()
        stack.callback(slow.close)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(b"GET /large HTTP/1.1\r\nHost: front\r\n\r\n")
    until(lambda: order(server)["in_flight"] == READERS)
    seen = [-1]

    def stuck() -> bool:
        moved, seen[0] = sent[0] != seen[0], sent[0]
        return not moved and get(server.port, "/small") == (200, b"small")

    until(stuck)
    until(stuck)
    assert sent[0] < READERS * BODY
    assert resident(server.process.pid) - before < READERS * OF_CONNECTION
