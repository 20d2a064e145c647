"""The program itself with one child, two, and four: what a method promises holds however the kernel shares clients out.

Every request comes on a connection of its own, one after the other, so that each falls on a child by the kernel's hash.
"""

from __future__ import annotations

import http.client
import math
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from evenflow.control import channel
from tests.control.processes import PATIENCE, Served, until
from tests.faults.members import Visit, member
from tests.peers import free_port

FACTORS: Final = (3, 1, 2)
METHODS: Final = ("byrequests", "bytraffic", "bybusyness", "leastconn", "hash")
REQUESTS: Final = 120
LOTS: Final = 90
SLOW: Final = 0.03
"""Seconds: with a hundredfold load factor the quick one stays cheaper until one of its answers takes three."""
CHILDREN: Final = (1, 2, 4)


class World:
    """The program, three members behind a balancer of each method, and what they were asked."""

    def __init__(self, folder: Path, children: int, ports: list[int], gate: threading.Event) -> None:
        self.gate = gate
        self.server = Served(folder, free_port(), configuration(ports), "--children", str(children)).ready()

    def ask(self, path: str) -> int:
        """Which member answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=4 * PATIENCE)
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        number = int(answer.read())
        connection.close()
        return number

    def members(self, method: str, what: str) -> list[Any]:
        order = {"do": "members", "balancer": method}
        (balancer,) = channel.ask(channel.place(str(self.server.file)), order)["balancers"]
        return [one[what] for one in balancer["members"]]

    def rest(self, method: str) -> None:
        """Wait until what was answered is booked."""
        until(lambda: self.members(method, "busy") == [0, 0, 0])

    def served(self, method: str) -> list[int]:
        """How many of equal requests each member gets, by the members' own account; the scoreboard says the same."""
        before = self.members(method, "elected")
        found: Counter[int] = Counter()
        for _ in range(REQUESTS):
            found[self.ask(f"/{method}/x")] += 1
            self.rest(method)
        counts = [found[place] for place in range(len(FACTORS))]
        after = self.members(method, "elected")
        assert [new - old for new, old in zip(after, before, strict=True)] == counts
        return counts

    def drawn(self) -> list[int]:
        """How many requests each member of `lots` gets, the one that is stuck included: of that nobody knows anything
        but that it is at work.
        """
        self.gate.clear()
        threads: list[threading.Thread] = []
        while self.members("lots", "busy") != [0, 0, 1]:
            threads.append(threading.Thread(target=self.ask, args=("/lots/x",)))
            threads[-1].start()
            until(lambda: not threads[-1].is_alive() or self.members("lots", "busy")[2] == 1)
            until(lambda: self.members("lots", "busy")[:2] == [0, 0])
        before = self.members("lots", "elected")
        for _ in range(LOTS):
            self.ask("/lots/x")
            until(lambda: sum(self.members("lots", "busy")) == 1)
        after = self.members("lots", "elected")
        self.gate.set()
        for thread in threads:
            thread.join(PATIENCE)
        self.rest("lots")
        assert before[2] == 1
        return [new - old for new, old in zip(after, before, strict=True)]

    def held(self, method: str, count: int) -> list[int]:
        """How many requests each member has in flight when so many came one after the other and none has ended."""
        self.gate.clear()
        threads = []
        for number in range(count):
            threads.append(threading.Thread(target=self.ask, args=(f"/{method}/hold",)))
            threads[-1].start()
            until(lambda: sum(self.members(method, "busy")) == number + 1)  # noqa: B023
        busy = self.members(method, "busy")
        self.gate.set()
        for thread in threads:
            thread.join(PATIENCE)
        self.rest(method)
        return busy


def configuration(ports: list[int]) -> str:
    lines = ["<Proxy balancer://lots>\nProxySet lbmethod=peakewma"]
    for port, factor in zip(ports, (100, 1, 1), strict=True):
        lines.append(f"BalancerMember http://127.0.0.1:{port}/lots loadfactor={factor}")
    lines.append("</Proxy>\nProxyPass /lots balancer://lots")
    for method in METHODS:
        lines.append(f"<Proxy balancer://{method}>")
        for port, factor in zip(ports, FACTORS, strict=True):
            lines.append(f"BalancerMember http://127.0.0.1:{port} loadfactor={factor}")
        lines.append(f"ProxySet lbmethod={method}")
        if method == "hash":
            lines.append("EvenflowHash uri load=off")
        lines.append(f"</Proxy>\nProxyPass /{method} balancer://{method}")
    return "\n".join(lines)


def answers_with(number: int, gate: threading.Event) -> Callable[[Visit], bool]:
    def behave(visit: Visit) -> bool:
        if visit.path.startswith("/hold") or (visit.path.startswith("/lots") and number == 2):
            gate.wait(4 * PATIENCE)
        elif visit.path.startswith("/lots") and number == 1:
            time.sleep(SLOW)
        visit.answer(b"%d" % number)
        return True

    return behave


@contextmanager
def world(folder: Path, children: int) -> Iterator[World]:
    gate = threading.Event()
    with ExitStack() as stack:
        ports = [stack.enter_context(member(answers_with(number, gate))).port for number in range(len(FACTORS))]
        made = World(folder, children, ports, gate)
        stack.callback(made.server.stop)
        stack.callback(gate.set)
        yield made


@pytest.fixture(autouse=True)
def sockets_of_our_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="evenflow-") as folder:
        monkeypatch.setenv("EVENFLOW_RUN", folder)
        yield


@pytest.mark.parametrize("children", CHILDREN)
def test_every_method_keeps_its_promise(tmp_path: Path, children: int) -> None:
    shares = [REQUESTS * factor / sum(FACTORS) for factor in FACTORS]
    with world(tmp_path, children) as one:
        # In turn: never further from the share than one request for each child.
        for count, share in zip(one.served("byrequests"), shares, strict=True):
            assert abs(count - share) <= children
        # Equal bytes: the same as by requests, but for who begins.
        for count, share in zip(one.served("bytraffic"), shares, strict=True):
            assert abs(count - share) <= len(FACTORS)
        # In flight, to the request: alike whatever the factor, and by the factor.
        assert one.held("bybusyness", 12) == [4, 4, 4]
        assert one.held("leastconn", 12) == [6, 2, 4]
        # By lot: of two of the three the quick one wins whenever it is drawn, the slow one against the one that is
        # stuck, and that one against nobody, in whatever child: what is in flight is counted over all of them. Each
        # child learns for itself, and gives the slow one a request for it. Five standard deviations of a binomial.
        quick, slow, stuck = one.drawn()
        most = 5 * math.sqrt(LOTS * (1 / 3) * (2 / 3)) + children
        assert abs(quick - LOTS * 2 / 3) <= most and abs(slow - LOTS / 3) <= most
        assert stuck == 0
        # By the key alone.
        keys = [one.ask(f"/hash/{number}") for number in range(REQUESTS)]
        assert keys == [one.ask(f"/hash/{number}") for number in range(REQUESTS)]
        assert set(keys) == {0, 1, 2}


def test_a_key_has_the_same_member_with_any_number_of_children(tmp_path: Path) -> None:
    found = []
    with ExitStack() as stack:
        gate = threading.Event()
        ports = [stack.enter_context(member(answers_with(number, gate))).port for number in range(len(FACTORS))]
        for children in CHILDREN:
            folder = tmp_path / str(children)
            folder.mkdir()
            one = World(folder, children, ports, gate)
            stack.callback(one.server.stop)
            found.append([one.ask(f"/hash/{number}") for number in range(60)])
    assert found[0] == found[1] == found[2]
