"""Bounds on clients: who comes too many waits or is closed, members' connections have room, and memory has a bound."""

from __future__ import annotations

from pathlib import Path

from evenflow.plan.model import ConnectionFacts
from evenflow.serve.crowd import FEW, MANY, MANY_RESERVED, OF_CONNECTION, Crowd
from tests.serve.served import OK, Member, Served, request, until


def test_more_clients_than_allowed_wait_in_the_queue(tmp_path: Path) -> None:
    with Served(tmp_path, arrange=lambda world: setattr(world.plan, "most_connections", 2)) as served:
        one, two = served.client(), served.client()
        for client in (one, two):
            client.send(request("GET", "/own"))
            assert client.answer()[0] == 404
        three = served.client()
        three.send(request("GET", "/own"))
        assert "times=1" in served.logged("not accepting", "EvenflowMaxConnections")
        assert three.silent()
        one.send(request("GET", "/own"))
        assert one.answer()[0] == 404
        two.close()
        assert three.answer()[0] == 404


def test_an_address_with_too_many_connections_has_the_next_one_closed(tmp_path: Path) -> None:
    with Served(tmp_path, arrange=lambda world: setattr(world.plan, "most_of_address", 2)) as served:
        one, two = served.client(), served.client()
        for client in (one, two):
            client.send(request("GET", "/own"))
            assert client.answer()[0] == 404
        served.client().expect_end()
        assert "times=1" in served.logged("too many connections of one client", "client=127.0.0.1")
        one.send(request("GET", "/own"))
        assert one.answer()[0] == 404
        two.close()

        def is_let_in() -> bool:
            client = served.client()
            try:
                client.send(request("GET", "/own"))
                return client.answer()[0] == 404
            except (AssertionError, ConnectionError):
                return False

        until(is_let_in, "one more to be let in")


def test_a_reserved_port_is_open_when_it_is_full_and_counts_for_itself() -> None:
    crowd = Crowd(set(), set(), 2, 3, 64)
    crowd.reserve(frozenset((8081,)), 2)
    here = facts(80)
    others = [Client(here), Client(here)]
    crowd.clients.update(others)
    assert crowd.reason_to_wait(0, 80) == MANY
    assert crowd.reason_to_wait(0, 8081) == ""
    crowd.clients.add(Client(facts(8081)))
    crowd.http2.add(Client(facts(8081)))
    assert crowd.reason_to_wait(0, 8081) == MANY_RESERVED
    # Neither is it counted among the connections of its address: the fourth time they are counted exactly, and are two.
    assert [crowd.admits(here) for _ in range(5)] == [True, True, True, True, False]
    assert crowd.admits(facts(8081))
    crowd.near_end = True
    crowd.http2.clear()
    crowd.last = 0
    assert crowd.reason_to_wait(0, 80) == FEW
    assert crowd.reason_to_wait(0, 8081) == ""
    crowd.open_to_all()
    assert crowd.reason_to_wait(0, 80) == ""
    while crowd.in_hand.set_free():
        pass


class Client:
    def __init__(self, facts: ConnectionFacts) -> None:
        self.facts = facts
        self.fd = 1


def facts(port: int) -> ConnectionFacts:
    return ConnectionFacts(b"10.0.0.1", 5, b"10.0.0.2", port, False, b"", None)


def test_clients_leave_descriptors_for_members(tmp_path: Path) -> None:
    member = Member()
    with Served(tmp_path, member, files=48) as served:
        first = served.client()
        first.send(request("GET", "/own"))
        many = [served.client() for _ in range(60)]
        served.logged("not accepting", "few descriptors are left")
        first.send(request("GET", "/x"))
        peer = member.accept()
        assert peer.head().startswith(b"GET /x ")
        peer.send(OK)
        for client in many:
            client.close()


def test_memory_is_bounded_by_each_connection(tmp_path: Path) -> None:
    """Members that send much to clients that read nothing: what a child holds is OF_CONNECTION times connections."""
    member = Member()
    count = 24
    with Served(tmp_path, member) as served:
        pairs = []
        for _ in range(count):
            client = served.client(rcvbuf=4096)
            client.send(request())
            peer = member.accept()
            peer.head()
            pairs.append((client, peer))
        before = served.memory()
        for _, peer in pairs:
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            peer.socket.setblocking(False)
        data = bytes(65536)

        def all_stuck() -> bool:
            moved = 0
            for _, peer in pairs:
                try:
                    moved += peer.socket.send(data)
                except BlockingIOError:
                    pass
            return moved == 0

        # Twice in a row with a sign of life between them: nothing is on its way any more.
        for _ in range(3):
            until(all_stuck, "all members to be stopped")
            other = served.client()
            other.send(request("GET", "/own"))
            assert other.answer()[0] == 404
            other.close()
        assert served.memory() - before < count * OF_CONNECTION
        for client, peer in pairs:
            client.close()
            peer.close()


class Waiting:
    """A connection whose ClientHello or preamble has not come."""

    over = False


def test_who_is_no_client_yet_counts_until_that_is_over() -> None:
    crowd = Crowd(set(), set(), 2, 2, 64)
    crowd.reserve(frozenset((8081,)), 1)
    known, unknown, apart = Waiting(), Waiting(), Waiting()
    crowd.add_awaited(known, facts(80), True)
    assert crowd.reason_to_wait(0, 80) == ""
    crowd.add_awaited(unknown, facts(80), False)
    assert crowd.reason_to_wait(0, 80) == MANY
    crowd.add_awaited(apart, facts(8081), False)
    assert crowd.reason_to_wait(0, 8081) == MANY_RESERVED
    # Of one that only waits for a preamble nobody knows whose it is.
    address = facts(80).remote_address
    crowd.forget()
    assert crowd.counts == {address: 1}
    unknown.over = True
    assert crowd.reason_to_wait(0, 80) == ""
    known.over = apart.over = True
    assert crowd.connections() == crowd.connections(True) == 0
    crowd.forget()
    assert crowd.counts == {}
    while crowd.in_hand.set_free():
        pass


def test_somebody_is_let_in_however_few_descriptors_there_are() -> None:
    crowd = Crowd(set(), set(), 0, 0, 8)
    crowd.came(7)
    crowd.last = 1 << 20
    others = [Client(facts(80)) for _ in range(4)]
    crowd.clients.update(others[:3])
    assert crowd.reason_to_wait(0, 80) == ""
    crowd.clients.update(others)
    crowd.came(7)
    assert crowd.reason_to_wait(0, 80) == FEW
