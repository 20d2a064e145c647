"""Members that die, reset, or answer before they have heard everything."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from typing import Final

import pytest

from evenflow.tools.demo import ports
from evenflow.tools.demo.cluster import Cluster, Node
from tests.faults.conftest import Front, Start
from tests.faults.members import Visit, member, wait_until
from tests.peers import free_port

CLIENTS: Final = 12
MIB: Final = 1 << 20


def load(front: Front, seconds: float, clients: int = CLIENTS) -> Counter[tuple[int, str]]:
    """GETs as fast as they are answered, each client on one kept connection: (status, node) and how often."""
    seen: Counter[tuple[int, str]] = Counter()
    until = time.monotonic() + seconds

    def client() -> None:
        mine: Counter[tuple[int, str]] = Counter()
        with front.connection() as link:
            while time.monotonic() < until:
                try:
                    link.request("GET", "/who")
                    answer = link.getresponse()
                    body = answer.read()
                    mine[answer.status, json.loads(body)["node"] if answer.status == 200 else "-"] += 1
                except (OSError, http.client.HTTPException) as fault:
                    mine[0, type(fault).__name__] += 1
                    link.close()
        seen.update(mine)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def test_a_member_killed_under_load_fails_no_request(start: Start) -> None:
    one, two = (Node("confluence", number, "127.0.0.1", free_port()) for number in ("1", "2"))
    with Cluster([one, two]):
        front = start(one.port, two.port, children=2)
        victim = int(ports.holder(two.port).split()[1])
        killer = threading.Timer(0.7, os.kill, (victim, signal.SIGKILL))
        killer.start()
        seen = load(front, 2.5)
        killer.join()
        assert set(seen) == {(200, "1"), (200, "2")}, seen
        assert seen[200, "1"] > seen[200, "2"] > 50, seen
        # Nobody listens there any more, so a POST was never begun and may go to the other member.
        for _ in range(6):
            assert front.ask("/upload", "POST", b"x" * 1000)[0] == 200


def test_a_member_that_comes_back_is_used_again(start_either: Start) -> None:
    def answers(visit: Visit) -> bool:
        visit.answer(b"I am the first")
        return True

    port = free_port()
    with member(answers) as first:
        front = start_either(first.port, port)
        assert {front.ask()[1] for _ in range(4)} == {b"I am the first"}
        late = Node("confluence", "2", "127.0.0.1", port)
        with Cluster([late]):
            assert wait_until(lambda: b"RUNNING" in front.ask("/status")[1], 10)


def test_all_members_dead_is_503_and_not_for_ever(start_either: Start) -> None:
    port = free_port()
    front = start_either(port)
    assert front.ask()[0] == 503
    with Cluster([Node("confluence", "1", "127.0.0.1", port)]):
        assert wait_until(lambda: front.ask("/status")[0] == 200, 10)


def test_a_reset_before_the_head_is_repeated_for_get_but_not_for_post(start: Start) -> None:
    def resets(visit: Visit) -> bool:
        for _ in visit.body():
            pass
        visit.reset()
        return False

    def answers(visit: Visit) -> bool:
        for _ in visit.body():
            pass
        visit.answer(b"here")
        return True

    with member(resets) as bad, member(answers) as good:
        front = start(bad.port, good.port)
        assert [front.ask() for _ in range(4)] == [(200, b"here")] * 4
        assert bad.visits, "the member that resets was never asked"
    with member(resets) as bad, member(answers) as good:
        front = start(bad.port, good.port)
        statuses = Counter(front.ask("/", "POST", b"once only")[0] for _ in range(2))
        assert statuses == {200: 1, 502: 1}
        assert (bad.visits, good.visits) == ([("POST", "/")], [("POST", "/")])


@pytest.mark.parametrize("framing", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
def test_a_reset_in_mid_body_is_not_a_whole_answer(start_either: Start, framing: str) -> None:
    def resets(visit: Visit) -> bool:
        if visit.path == "/fine":
            visit.answer(b"fine")
            return True
        visit.link.sendall(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode())
        half = b"x" * 100_000
        visit.link.sendall(half if "Length" in framing else b"%x\r\n%b\r\n" % (len(half), half))
        time.sleep(0.2)
        visit.reset()
        return False

    with member(resets) as bad:
        front = start_either(bad.port)
        with front.connection() as link:
            link.request("GET", "/torn")
            answer = link.getresponse()
            assert answer.status == 200
            with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
                answer.read()
        assert bad.visits == [("GET", "/torn")], "what was half answered was asked again"
        assert wait_until(lambda: front.ask("/fine") == (200, b"fine"))


def refuses(visit: Visit) -> bool:
    """413 at the head; then it listens on for a while, as well-behaved servers do, so that the answer is not lost."""
    visit.answer(b"too large", "413 Content Too Large", "Connection: close")
    visit.link.shutdown(socket.SHUT_WR)
    visit.link.settimeout(3)
    try:
        while visit.link.recv(MIB):
            pass
    except TimeoutError:
        pass
    return False


def test_an_answer_before_the_body_reaches_a_client_that_waits(start: Start) -> None:
    with member(refuses) as early:
        front = start(early.port)
        with front.dial() as link:
            link.settimeout(5)
            link.sendall(b"POST /upload HTTP/1.1\r\nHost: front\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 100_000)
            answer = http.client.HTTPResponse(link)
            answer.begin()
            assert (answer.status, answer.read()) == (413, b"too large")


def test_an_answer_before_the_body_reaches_a_client_that_goes_on_sending(start_either: Start) -> None:
    with member(refuses) as early:
        front = start_either(early.port)
        with front.dial() as link:
            link.sendall(b"POST /upload HTTP/1.1\r\nHost: front\r\nContent-Length: 300000\r\n\r\n")
            for _ in range(3):
                link.sendall(b"x" * 100_000)
                time.sleep(0.05)
            answer = http.client.HTTPResponse(link)
            answer.begin()
            assert (answer.status, answer.read()) == (413, b"too large")
        assert front.ask("/again")[0] == 413


def test_a_member_that_drips_is_passed_on_as_it_drips(start_either: Start) -> None:
    def drips(visit: Visit) -> bool:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: yes\r\nContent-Length: 3\r\n\r\n":
            visit.link.sendall(bytes([byte]))
            time.sleep(0.002)
        for byte in b"abc":
            visit.link.sendall(bytes([byte]))
            time.sleep(0.4)
        return True

    with member(drips) as slow:
        front = start_either(slow.port)
        with front.connection() as link:
            link.request("GET", "/")
            answer = link.getresponse()
            assert (answer.status, answer.headers["X-Slow"]) == (200, "yes")
            arrived = []
            for _ in range(3):
                assert answer.read(1)
                arrived.append(time.monotonic())
            assert arrived[2] - arrived[0] > 0.5, "the body was collected before it was sent on"


def test_a_member_that_says_nothing_is_502(start_either: Start) -> None:
    def sleeps(visit: Visit) -> bool:
        time.sleep(3)
        return False

    with member(sleeps) as silent:
        front = start_either(silent.port, more="ProxyTimeout 1")
        begun = time.monotonic()
        # 504 would be the better word; httpd says 502, and so do we.
        assert front.ask("/", "POST", b"x")[0] == 502
        assert 0.9 < time.monotonic() - begun < 2.9
