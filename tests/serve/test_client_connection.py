"""A client's connection from its first byte to its last, over real sockets."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.documents import PATH, Document
from tests.serve.served import OK, Member, Served, request, until

CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
WEBSOCKET = {"upgrade": (b"websocket",)}
UPGRADE = request("GET", "/ws", "Upgrade: websocket", "Connection: Upgrade")
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
SWITCHED = SWITCH


@pytest.fixture
def member() -> Member:
    return Member()


# --- requests and answers -----------------------------------------------------------------------------------------


def test_requests_one_after_the_other_on_kept_connections(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request("GET", "/1"))
        peer = member.accept()
        assert peer.head().startswith(b"GET /1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % member.port)
        peer.send(OK)
        assert client.answer()[0] == 200
        client.send(request("POST", "/2", "Content-Length: 5") + b"hello")
        assert peer.head().startswith(b"POST /2 ")
        assert peer.read(5) == b"hello"
        peer.send(OK)
        assert client.answer()[2] == b"ok"
        assert member.unasked()


def test_pipelined_requests_in_one_packet(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request("GET", "/1") + request("GET", "/own") + request("POST", "/2", "Content-Length: 3") + b"abc")
        peer = member.accept()
        assert peer.head().startswith(b"GET /1 ")
        assert peer.silent()
        peer.send(OK)
        assert client.answer()[0] == 200
        assert client.answer()[0] == 404
        assert peer.head().startswith(b"POST /2 ")
        assert peer.read(3) == b"abc"
        peer.send(OK)
        assert client.answer()[0] == 200


def test_one_byte_per_packet(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        message = (
            request("POST", "/", "Transfer-Encoding: chunked")
            + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            + request("GET", "/own")
        )
        for byte in message:
            client.send(bytes((byte,)))
        peer = member.accept()
        assert b"\r\nContent-Length: 5\r\n" in peer.head()
        assert peer.read(5) == b"abcde"
        for byte in CHUNKS + b"3\r\nabc\r\n0\r\n\r\n":
            peer.send(bytes((byte,)))
        assert b"\r\nTransfer-Encoding: chunked\r\n" in client.head()
        assert client.read_until(b"0\r\n\r\n").replace(b"\r\n", b"")[-1:] == b"0"
        assert client.answer()[0] == 404


def test_many_pipelined_requests_and_a_piece_of_one_more(tmp_path: Path, member: Member) -> None:
    """More than is kept while a member answers: reading stops, and goes on for the request that is not complete."""
    last = request("GET", "/last", "X: " + "y" * 3000)
    with Served(tmp_path, member, host={"max_keep_alive_requests": 0}) as served:
        client = served.client()
        client.send(request("GET", "/first"))
        peer = member.accept()
        peer.head()
        many = 60
        client.send(request("GET", "/own", "X: " + "y" * 2000) * many + last[:2000])
        peer.send(OK)
        assert client.answer()[0] == 200
        for _ in range(many):
            assert client.answer()[0] == 404
        client.send(last[2000:])
        assert peer.head().startswith(b"GET /last ")
        peer.send(OK)
        assert client.answer()[0] == 200


def test_a_head_that_is_larger_than_what_is_kept(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        fields = [f"X-{number}: {'y' * 8000}" for number in range(90)]
        head = request("GET", "/", *fields)
        for at in range(0, len(head), 70000):
            client.send(head[at : at + 70000])
        peer = member.accept()
        assert len(peer.head()) > 700000
        peer.send(OK)
        assert client.answer()[0] == 200


@pytest.mark.parametrize("coded", [False, True])
def test_a_large_request_body(tmp_path: Path, member: Member, coded: bool) -> None:
    data = random.Random(2).randbytes(3_000_000)
    with Served(tmp_path, member) as served:
        client = served.client()
        if coded:
            chunks = [data[at : at + 50000] for at in range(0, len(data), 50000)]
            body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
            message = request("POST", "/", "Transfer-Encoding: chunked") + body
        else:
            message = request("POST", "/", f"Content-Length: {len(data)}") + data
        sender = threading.Thread(target=client.send, args=(message,))
        sender.start()
        peer = member.accept()
        head = peer.head()
        if coded:
            assert b"\r\nTransfer-Encoding: chunked\r\n" in head
            got = b""
            while size := int(peer.read_until(b"\r\n"), 16):
                got += peer.read(size)
                peer.read(2)
            peer.read(2)
        else:
            got = peer.read(len(data))
        assert got == data
        sender.join()
        peer.send(OK)
        assert client.answer()[0] == 200


def test_a_large_body_that_waits_for_its_member(tmp_path: Path, member: Member) -> None:
    """The whole of it is here before the first byte can go on."""
    data = random.Random(3).randbytes(300_000)
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request("POST", "/", f"Content-Length: {len(data)}", "Expect: 100-continue"))
        peer = member.accept()
        peer.head()
        client.send(data[:200_000])
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(data[200_000:])
        assert peer.read(len(data)) == data
        peer.send(OK)
        assert client.answer()[0] == 200


def test_a_final_answer_instead_of_100(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request("POST", "/", "Content-Length: 5", "Expect: 100-continue"))
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
        status, head, _ = client.answer()
        assert status == 417
        assert b"\r\nConnection: close\r\n" in head
        client.expect_end()
        peer.expect_end()


def test_hints_arrive_before_the_answer(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        assert client.head() == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        peer.send(OK)
        assert client.answer()[0] == 200


def test_events_arrive_as_they_are_sent(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        client.head()
        for number in range(3):
            peer.send(b"data: %d\n\n" % number)
            assert b"data: %d" % number in client.read_until(b"\n\n")
        peer.close()
        assert client.read_until(b"0\r\n\r\n")
        client.send(request("GET", "/own"))
        assert client.answer()[0] == 404


def test_an_early_answer_to_a_large_upload_can_be_read(tmp_path: Path, member: Member) -> None:
    """The client is told even while it still sends: its unread bytes do not break the connection under the answer."""
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request("POST", "/", "Content-Length: 10000000") + b"x" * 100000)
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")
        status, head, body = client.answer()
        assert (status, body) == (403, b"no")
        assert b"\r\nConnection: close\r\n" in head


@pytest.mark.parametrize("size", [70000, 900000])
def test_an_answer_of_ours_to_a_large_upload_can_be_read(tmp_path: Path, size: int) -> None:
    with Served(tmp_path) as served:
        client = served.client()
        client.send(request("POST", "/own", f"Content-Length: {size}") + b"x" * size)
        status, head, _ = client.answer()
        assert status == 404
        assert b"\r\nConnection: close\r\n" in head
        client.expect_end()


def test_the_rest_of_an_upload_is_not_taken_for_a_request(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request("POST", "/", "Content-Length: 100"))
        peer = member.accept()
        peer.head()
        peer.close()
        assert client.answer()[0] == 502
        client.send(request("GET", "/smuggled"))
        client.expect_end()
        assert member.unasked()


def test_a_refused_request_reaches_nobody(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(
            b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nGET / HTTP/1.1\r\n"
        )
        assert client.answer()[0] == 400
        client.expect_end()
        assert member.unasked()
        served.logged("request refused", "status=400", "Transfer-Encoding", "client=127.0.0.1")


# --- clients that end or leave ------------------------------------------------------------------------------------


def test_a_half_closed_client_still_gets_its_answers(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request("GET", "/1") + request("GET", "/2"))
        client.end()
        peer = member.accept()
        for number in (1, 2):
            assert peer.head().startswith(b"GET /%d " % number)
            peer.send(OK)
            assert client.answer()[0] == 200
        client.expect_end()


def test_a_half_closed_client_that_left_a_request_incomplete(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, host={"timeout": 300.0}) as served:
        client = served.client()
        client.send(request("GET", "/1") + b"GET /2 HTTP/1.1\r\nHo")
        client.end()
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert client.answer()[0] == 200
        client.expect_end()


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_leaves_frees_the_member(tmp_path: Path, member: Member, how: str) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request("POST", "/", "Content-Length: 5") + b"he")
        peer = member.accept()
        peer.head()
        assert served.busy() == [1, 0]
        getattr(client, how)()
        peer.read(2)
        peer.expect_end()
        until(lambda: served.busy() == [0, 0])


def test_a_client_that_leaves_while_an_answer_streams(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request())
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        client.head()
        client.reset()
        peer.expect_end()
        until(lambda: served.busy() == [0, 0])


def test_a_client_that_says_close(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member) as served:
        client = served.client()
        client.send(request("GET", "/", "Connection: close"))
        peer = member.accept()
        peer.head()
        peer.send(OK)
        assert b"\r\nConnection: close\r\n" in client.answer()[1]
        client.expect_end()


# --- tunnels ------------------------------------------------------------------------------------------------------


def switched(served: Served, member: Member) -> tuple[Any, Any]:
    client = served.client()
    client.send(UPGRADE)
    peer = member.accept()
    assert b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" in peer.head()
    peer.send(SWITCH)
    assert client.head() == SWITCHED
    return client, peer


def test_a_tunnel_carries_bytes_both_ways(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, member=WEBSOCKET) as served:
        client, peer = switched(served, member)
        for number in range(3):
            client.send(b"ping%d" % number)
            assert peer.read(5) == b"ping%d" % number
            peer.send(b"pong%d" % number)
            assert client.read(5) == b"pong%d" % number
        assert served.busy() == [1, 0]


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_a_half_closed_tunnel_from_the_client(tmp_path: Path, member: Member, size: int) -> None:
    data = random.Random(4).randbytes(size)
    with Served(tmp_path, member, member=WEBSOCKET, host={"timeout": 300.0}) as served:
        client, peer = switched(served, member)
        client.socket.setblocking(False)
        sender = threading.Thread(target=send_and_end, args=(client, data))
        sender.start()
        assert peer.read_to_end() == data
        sender.join()
        peer.send(data)
        assert client.read(size) == data
        peer.end()
        client.expect_end()
        until(lambda: served.busy() == [0, 0])


def send_and_end(peer: Any, data: bytes) -> None:
    peer.socket.settimeout(20)
    peer.send(data)
    peer.end()


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_a_half_closed_tunnel_from_the_member(tmp_path: Path, member: Member, size: int) -> None:
    data = random.Random(5).randbytes(size)
    with Served(tmp_path, member, member=WEBSOCKET, host={"timeout": 300.0}) as served:
        client, peer = switched(served, member)
        sender = threading.Thread(target=send_and_end, args=(peer, data))
        sender.start()
        assert client.read_to_end() == data
        sender.join()
        client.send(data)
        assert peer.read(size) == data
        client.end()
        peer.expect_end()
        until(lambda: served.busy() == [0, 0])


@pytest.mark.parametrize("first", ["client", "member"])
def test_both_ends_are_said_while_bytes_wait_for_the_slower_side(tmp_path: Path, first: str) -> None:
    """The last bytes reach their reader although both sides have ended before."""
    data = random.Random(6).randbytes(12_000_000)
    member = Member(rcvbuf=4096)
    with Served(tmp_path, member, member=WEBSOCKET, host={"timeout": 300.0}) as served:
        client = served.client(rcvbuf=4096)
        client.send(UPGRADE)
        peer = member.accept()
        peer.head()
        peer.send(SWITCH)
        client.head()
        slow, fast = (client, peer) if first == "client" else (peer, client)
        slow.end()
        fast.expect_end()
        sender = threading.Thread(target=send_and_end, args=(fast, data))
        sender.start()
        assert slow.read_to_end() == data
        sender.join()
        until(lambda: served.busy() == [0, 0])


@pytest.mark.parametrize("who", ["client", "member"])
def test_a_broken_tunnel_is_broken_for_both(tmp_path: Path, member: Member, who: str) -> None:
    with Served(tmp_path, member, member=WEBSOCKET, host={"timeout": 300.0}) as served:
        client, peer = switched(served, member)
        broken, other = (client, peer) if who == "client" else (peer, client)
        broken.reset()
        other.expect_end()
        until(lambda: served.busy() == [0, 0])


def test_an_idle_tunnel_is_cut_after_the_longer_of_both_timeouts(tmp_path: Path, member: Member) -> None:
    with Served(tmp_path, member, member=WEBSOCKET, host={"timeout": 0.2, "proxy_timeout": 0.4}) as served:
        client, peer = switched(served, member)
        client.expect_end()
        peer.expect_end()
        until(lambda: served.busy() == [0, 0])


def test_an_error_document_s_answer_arrives_though_the_body_was_not_read(tmp_path: Path, member: Member) -> None:
    """What is left of the request's body must not reset the connection, nor become a request."""
    said = {"documents": (Document(404, PATH, b"/err", NOWHERE),)}
    with Served(tmp_path, member, scope=said) as served:
        client = served.client()
        size = 300000
        body = b"GET /evil HTTP/1.1\r\nHost: a\r\n\r\n".ljust(size, b"x")
        client.send(request("POST", "/own", f"Content-Length: {size}") + body)
        far = member.accept()
        asked = far.read_until(b"\r\n\r\n")
        assert asked.startswith(b"GET /err HTTP/1.1\r\n") and b"Content-Length" not in asked
        far.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsorry")
        answer = client.read_to_end()
        assert answer.endswith(b"\r\n\r\nsorry") and answer.count(b"HTTP/1.1 ") == 1
        assert b"\r\nConnection: close\r\n" in answer
