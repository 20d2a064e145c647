"""Each limit that clients can meet, met on purpose; how often is told by `evenflow status`, metrics, server-status."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from evenflow.control import channel
from tests.control.processes import PATIENCE, Served, until
from tests.faults.members import Visit, member
from tests.faults.test_large import make_certificate
from tests.faults.test_overload import get
from tests.peers import free_port

TEXT = """
Listen 127.0.0.1:{inner}
EvenflowReservedPorts {inner} connections=4
{more}
<Proxy balancer://slow>
    BalancerMember http://127.0.0.1:{port} max=1 acquire=50
</Proxy>
<Proxy balancer://dead>
    BalancerMember http://127.0.0.1:1 retry=0
    BalancerMember http://127.0.0.1:2 retry=0
    EvenflowRetryBudget 0% persecond=0
</Proxy>
<Proxy balancer://bound>
    BalancerMember http://127.0.0.1:{port} route=1 max=1 acquire=50
    BalancerMember http://127.0.0.1:{port}/other route=2
    ProxySet stickysession=S
</Proxy>
ProxyPass /slow balancer://slow/slow
ProxyPass /bound balancer://bound/slow
ProxyPass /dead balancer://dead/
ProxyPass /page http://127.0.0.1:{port}/page
<VirtualHost 127.0.0.1:{inner}>
    ServerName operator
    DocumentRoot {folder}/docs
    <Location /server-status>
        SetHandler server-status
    </Location>
    <Location /metrics>
        SetHandler evenflow-metrics
    </Location>
</VirtualHost>
"""


class Place:
    """A running program with one child, and where its operator is let in."""

    def __init__(self, stack: ExitStack, folder: Path, more: str) -> None:
        self.stack = stack
        self.inner = free_port()
        port = stack.enter_context(member(behave)).port
        text = TEXT.format(inner=self.inner, port=port, folder=folder, more=more)
        self.served = Served(folder, free_port(), text, "--children", "1")
        stack.callback(self.served.stop)
        self.served.ready()

    def send(self, data: bytes) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.served.port), PATIENCE)
        self.stack.callback(made.close)
        made.sendall(data)
        return made

    def ask(self, path: str) -> bytes:
        return answer(self.send(f"GET {path} HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n".encode()))

    def waits(self) -> bool:
        """Whether whoever comes to the ordinary port has to wait."""
        with socket.create_connection(("127.0.0.1", self.served.port), PATIENCE) as made:
            made.sendall(b"GET /page HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n")
            return not select.select([made], [], [], 0.2)[0]

    def met(self) -> dict[str, int]:
        """What was met so far, as the control socket says it."""
        said = channel.ask(channel.place(str(self.served.file)), {"do": "status"})["limits_met"]
        return {name: count for name, count in said.items() if count}


def behave(visit: Visit) -> bool:
    if visit.path == "/page/large":
        visit.link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        visit.link.sendall(b"x" * 100000000)
    elif visit.path.startswith("/slow/hold"):
        # Until the connection is closed.
        visit.link.recv(1)
        return False
    elif sum(len(piece) for piece in visit.body()) == visit.length:
        visit.answer(b"hello")
    else:
        return False
    return True


def answer(client: socket.socket) -> bytes:
    """Its first bytes; b"" for an end."""
    try:
        return client.recv(65536)
    except ConnectionError:
        return b""


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExitStack]:
    with tempfile.TemporaryDirectory(prefix="evenflow-") as folder, ExitStack() as made:
        monkeypatch.setenv("EVENFLOW_RUN", folder)
        yield made


def test_a_connection_whose_preamble_is_awaited_counts(stack: ExitStack, tmp_path: Path) -> None:
    place = Place(stack, tmp_path, "EvenflowMaxConnections 2\nRemoteIPProxyProtocol On")
    silent = place.send(b"PROXY TCP4 ")
    served = place.send(b"PROXY TCP4 7.7.7.7 8.8.8.8 1000 80\r\nGET /page HTTP/1.1\r\nHost: front\r\n\r\n")
    assert answer(served).startswith(b"HTTP/1.1 200 ")
    waiting = place.send(b"PROXY TCP4 7.7.7.7 8.8.8.8 1000 80\r\nGET /page HTTP/1.1\r\nHost: front\r\n\r\n")
    until(lambda: place.met().get("connections", 0) >= 2)
    silent.close()
    assert answer(waiting).startswith(b"HTTP/1.1 200 ")
    assert set(place.met()) == {"connections"}


def test_a_connection_whose_hello_is_awaited_counts(stack: ExitStack, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path / "certificates")
    secure = free_port()
    host = (
        f"<VirtualHost 127.0.0.1:{secure}>\nSSLEngine on\nSSLCertificateFile {certificate}\n"
        f"SSLCertificateKeyFile {certificate.with_suffix('.key')}\n"
    )
    place = Place(
        stack,
        tmp_path,
        f"EvenflowMaxConnections 1\nListen 127.0.0.1:{secure} https\n{host}ServerName one\n</VirtualHost>\n"
        f"{host}ServerName two\nSSLProtocol TLSv1.3\n</VirtualHost>",
    )
    silent = socket.create_connection(("127.0.0.1", secure), PATIENCE)
    stack.callback(silent.close)
    silent.sendall(b"\x16\x03\x01")
    until(lambda: place.waits())
    waiting = place.send(b"GET /page HTTP/1.1\r\nHost: front\r\n\r\n")
    until(lambda: place.met().get("connections", 0) >= 2)
    silent.close()
    assert answer(waiting).startswith(b"HTTP/1.1 200 ")


def test_an_address_with_too_many(stack: ExitStack, tmp_path: Path) -> None:
    place = Place(stack, tmp_path, "EvenflowMaxConnectionsPerAddress 1")
    assert answer(place.send(b"GET /page HTTP/1.1\r\nHost: front\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    for _ in range(3):
        assert answer(place.send(b"")) == b""
    until(lambda: place.met() == {"address": 3})


def test_a_queue_in_which_the_time_is_over(stack: ExitStack, tmp_path: Path) -> None:
    place = Place(stack, tmp_path, "")
    place.send(b"GET /slow/hold HTTP/1.1\r\nHost: front\r\n\r\n")
    first = place.ask("/slow/more")
    assert b" 503 " in first and b"Retry-After: " in first
    until(lambda: place.met() == {"queue": 1})
    # It did not fail, it is at work: nothing of that is among its errors.
    members = channel.ask(channel.place(str(place.served.file)), {"do": "members", "balancer": "slow"})
    assert members["balancers"][0]["members"][0]["errors"] == 0


def test_a_session_does_not_wait_in_the_same_queue_twice(stack: ExitStack, tmp_path: Path) -> None:
    place = Place(stack, tmp_path, "")
    place.send(b"GET /bound/hold?S=.1 HTTP/1.1\r\nHost: front\r\n\r\n")
    assert b" 503 " in place.ask("/bound/more?S=.1")
    assert b" 200 " in place.ask("/bound/more")
    until(lambda: place.met() == {"queue": 1})


def test_a_budget_that_is_spent(stack: ExitStack, tmp_path: Path) -> None:
    place = Place(stack, tmp_path, "")
    assert b" 503 " in place.ask("/dead/x")
    assert b" 503 " in place.ask("/dead/x")
    until(lambda: place.met() == {"retry_budget": 2})


def test_slow_clients(stack: ExitStack, tmp_path: Path) -> None:
    """Everything that is told is told alike, and goes on over a reload."""
    certificate = make_certificate(tmp_path / "certificates")
    key = certificate.with_suffix(".key")
    secure = free_port()
    place = Place(
        stack,
        tmp_path,
        f"Timeout 2\nProxyTimeout 60\nRequestReadTimeout handshake=1 header=1 body=1\nListen 127.0.0.1:{secure} https\n"
        f"<VirtualHost 127.0.0.1:{secure}>\nServerName secure\nSSLEngine on\nSSLCertificateFile {certificate}\n"
        f"SSLCertificateKeyFile {key}\n</VirtualHost>",
    )
    head = place.send(b"GET /page HTTP/1.1\r\nHos")
    body = place.send(b"POST /page HTTP/1.1\r\nHost: front\r\nContent-Length: 9\r\n\r\nhalf")
    place.send(b"GET /page/large HTTP/1.1\r\nHost: front\r\n\r\n")
    shy = socket.create_connection(("127.0.0.1", secure), PATIENCE)
    stack.callback(shy.close)
    assert answer(shy) == b""
    for one in (head, body):
        assert answer(one).startswith(b"HTTP/1.1 408 ")
    expected = dict.fromkeys(("slow_handshake", "slow_head", "slow_body", "slow_reader"), 1)
    until(lambda: place.met() == expected)
    assert channel.ask(channel.place(str(place.served.file)), {"do": "reload"})["ok"]
    until(lambda: place.met() == expected)
    metrics = get(place.inner, "/metrics")[1].decode()
    status = get(place.inner, "/server-status?auto")[1].decode()
    page = get(place.inner, "/server-status")[1].decode()
    shown = subprocess.run(
        [sys.executable, "-m", "evenflow", "status"], capture_output=True, text=True, timeout=PATIENCE, env=os.environ
    ).stdout
    for name in expected:
        assert f'evenflow_limits_met_total{{reason="{name}"}} 1\n' in metrics
        assert f"LimitMet{name.title().replace('_', '')}: 1\n" in status
    for words in ("clients cut: the handshake took too long", "clients cut: they did not take the answer"):
        assert f"<td>1</td><td>{words}</td>" in page
        assert f"1 {words}\n" in shown
    assert 'evenflow_limits_met_total{reason="queue"} 0\n' in metrics
