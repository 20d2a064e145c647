"""Members known by names, with a name server of the test's own: the whole way, from the DNS to the request."""

from __future__ import annotations

import http.client
import os
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evenflow.control import channel
from tests.control.processes import PATIENCE, Served, until
from tests.control.test_watchdog import watchdogs
from tests.faults.members import Visit
from tests.faults.members import member as listening_member
from tests.name_server import NameServer
from tests.peers import free_port
from tests.soak.nodes import Node


@pytest.fixture
def dns() -> Iterator[NameServer]:
    with NameServer() as server:
        yield server


def at(host: str, port: int) -> Any:
    """A member at this address that says which it is, and how often that connection was used."""

    def answer(visit: Visit) -> bool:
        visit.answer(f"{host} {visit.link.getpeername()[1]}".encode())
        return True

    return listening_member(answer, host=host, port=port)


def configured(dns: NameServer, *members: str, more: str = "") -> str:
    lines = "".join(f"BalancerMember {member}\n" for member in members)
    return (
        f"LogLevel notice\n<IfModule evenflow_module>\nEvenflowResolver {dns.address}\n</IfModule>\n"
        f"<Proxy balancer://a>\n{lines}{more}</Proxy>\nProxyPass /app balancer://a/\n"
    )


def told(server: Served) -> list[dict[str, Any]]:
    answer = channel.ask(channel.place(str(server.file)), {"do": "members"})
    return [one for balancer in answer["balancers"] for one in balancer["members"]]


def addresses(server: Served) -> list[list[str]]:
    return [one["address"]["addresses"] for one in told(server)]


class Kept:
    """A client that keeps its connection, so that one child answers it all the time."""

    def __init__(self, server: Served) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)

    def get(self) -> tuple[int, str, str]:
        """Status, the member's address, the port of the connection to it."""
        self.connection.request("GET", "/app")
        response = self.connection.getresponse()
        words = response.read().decode().split()
        return (response.status, words[0], words[1]) if response.status == 200 else (response.status, "", "")


def test_a_changed_address_is_used_for_new_requests_and_kept_connections_end(
    serve: Callable[..., Served], dns: NameServer
) -> None:
    port = free_port("127.0.0.1", "127.0.0.2")
    dns.has("node.example", "A", "127.0.0.1", ttl=1)
    with at("127.0.0.1", port), at("127.0.0.2", port):
        server = serve(configured(dns, f"http://node.example:{port}"), "--children", "1").ready()
        client = Kept(server)
        first, again = client.get(), client.get()
        assert first == again, "the connection to the member was not kept"
        assert first[1] == "127.0.0.1"
        dns.has("node.example", "A", "127.0.0.2", ttl=1)
        until(lambda: addresses(server) == [["127.0.0.2"]])
        assert client.get()[1] == "127.0.0.2"
        assert client.get()[1] == "127.0.0.2"
        until(lambda: "the name of a member has other addresses now: name=node.example" in server.said)
        (said,) = told(server)
        assert said["address"]["name"] == "node.example"
        assert said["address"]["ttl"] == 1.0
        assert 0.0 <= said["address"]["age"] < PATIENCE
        assert said["address"]["cause"] is None


def test_an_idle_connection_to_the_old_address_is_closed(serve: Callable[..., Served], dns: NameServer) -> None:
    port = free_port("127.0.0.1", "127.0.0.2")
    dns.has("node.example", "A", "127.0.0.1", ttl=1)
    with socket.create_server(("127.0.0.1", port)) as member:
        member.settimeout(PATIENCE)
        server = serve(configured(dns, f"http://node.example:{port}"), "--children", "1").ready()
        client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        client.sendall(b"GET /app HTTP/1.1\r\nHost: a\r\n\r\n")
        link, _ = member.accept()
        link.settimeout(PATIENCE)
        link.recv(65536)
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        assert client.recv(65536).endswith(b"ok")
        dns.has("node.example", "A", "127.0.0.2", ttl=1)
        # Nobody asks for anything any more: the child closes it by itself.
        assert link.recv(1) == b""
        link.close()
        client.close()


def test_all_addresses_are_tried_in_their_order(serve: Callable[..., Served], dns: NameServer) -> None:
    port = free_port("127.0.0.1", "127.0.0.2", "127.0.0.3")
    dns.has("node.example", "A", "127.0.0.3", "127.0.0.2", "127.0.0.1", ttl=60)
    with at("127.0.0.1", port):
        server = serve(configured(dns, f"http://node.example:{port}"), "--children", "1").ready()
        assert Kept(server).get()[:2] == (200, "127.0.0.1")
        until(lambda: "an address of a member does not answer: member=http://node.example" in server.said)
        assert "member unavailable" not in server.said
        assert told(server)[0]["state"] == "serving"


def test_an_address_that_is_silent_is_given_up_for_the_next(serve: Callable[..., Served], dns: NameServer) -> None:
    port = free_port("127.0.0.1", "127.0.0.2")
    dns.has("node.example", "A", "127.0.0.2", "127.0.0.1", ttl=60)
    full = socket.socket()
    full.bind(("127.0.0.2", port))
    full.listen(0)
    waiting = []
    # The kernel answers nobody once the queue of a listener that does not accept is full.
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(full.getsockname())
        waiting.append(one)
    with at("127.0.0.1", port):
        member = f"http://node.example:{port} connectiontimeout=300ms"
        server = serve(configured(dns, member), "--children", "1").ready()
        assert Kept(server).get()[:2] == (200, "127.0.0.1")
        until(lambda: "address=127.0.0.2 cause=timeout" in server.said)
    for one in (*waiting, full):
        one.close()


def test_a_member_without_an_address_keeps_nobody_from_serving(serve: Callable[..., Served], dns: NameServer) -> None:
    port = free_port("127.0.0.1", "127.0.0.2")
    dns.has("n1.example", "A", "127.0.0.1", ttl=60)
    with at("127.0.0.1", port), at("127.0.0.2", port):
        members = (f"http://n1.example:{port}", f"http://n2.example:{port}")
        server = serve(configured(dns, *members), "--children", "1").ready()
        client = Kept(server)
        assert {client.get()[1] for _ in range(6)} == {"127.0.0.1"}
        until(lambda: told(server)[1]["state"] == "name does not resolve")
        assert told(server)[1]["address"]["cause"] == "there is no such name"
        until(lambda: f"cause=\"there is no such name\" member=http://n2.example:{port}" in server.said)
        dns.has("n2.example", "A", "127.0.0.2", ttl=60)
        until(lambda: told(server)[1]["state"] == "serving")
        assert {client.get()[1] for _ in range(6)} == {"127.0.0.1", "127.0.0.2"}
        until(lambda: "the name of a member resolves now: name=n2.example" in server.said)


def test_a_single_member_without_an_address_answers_500(serve: Callable[..., Served], dns: NameServer) -> None:
    server = serve(configured(dns, "http://nobody.example:80"), "--children", "1").ready()
    for _ in range(3):
        status, body = server.get("/app")
        assert status == 500
        assert b"DNS lookup failure for: nobody.example" in body


def test_dead_name_servers_and_a_dead_watchdog_stop_nothing(serve: Callable[..., Served], dns: NameServer) -> None:
    port = free_port("127.0.0.1")
    dns.has("node.example", "A", "127.0.0.1", ttl=1)
    with at("127.0.0.1", port):
        server = serve(configured(dns, f"http://node.example:{port} disablereuse=On"), "--children", "2").ready()
        until(lambda: server.get("/app")[0] == 200)
        dns.silent = True
        until(lambda: told(server)[0]["address"]["cause"] == "the name servers do not answer")
        (watchdog,) = watchdogs(server)
        os.kill(watchdog, signal.SIGKILL)
        for _ in range(20):
            assert server.get("/app")[0] == 200
        until(lambda: "the watchdog died" in server.said and watchdogs(server) not in ([], [watchdog]))
        for _ in range(20):
            assert server.get("/app")[0] == 200
        dns.silent = False
        until(lambda: told(server)[0]["address"]["cause"] is None)


def test_a_reload_goes_on_with_what_is_known(serve: Callable[..., Served], dns: NameServer) -> None:
    port = free_port("127.0.0.1")
    dns.has("node.example", "A", "127.0.0.1", ttl=300)
    with at("127.0.0.1", port):
        server = serve(configured(dns, f"http://node.example:{port} disablereuse=On"), "--children", "1").ready()
        assert server.get("/app")[0] == 200
        dns.silent = True
        server.tell(signal.SIGHUP)
        until(lambda: "reloaded:" in server.said)
        assert server.get("/app")[0] == 200
        assert addresses(server) == [["127.0.0.1"]]


def test_health_checks_follow_the_name(serve: Callable[..., Served], dns: NameServer) -> None:
    node = Node("n1")
    node.start()
    try:
        dns.has("node.example", "A", "127.0.0.2", ttl=1)
        probe = "hcmethod=GET hcuri=/ hcinterval=100ms"
        server = serve(configured(dns, f"http://node.example:{node.port} {probe}"), "--children", "1").ready()
        until(lambda: told(server)[0]["state"] == "failing its check")
        dns.has("node.example", "A", "127.0.0.2", "127.0.0.1", ttl=1)
        until(lambda: told(server)[0]["state"] == "serving")
    finally:
        node.kill()
