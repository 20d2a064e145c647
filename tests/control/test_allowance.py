"""`max` holds for all children and generations together: a real member counts, real children are killed."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from evenflow.control.allowance import Allowance, Doubt
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.tokens import PLACES, Tokens
from tests.control.processes import PATIENCE, Served, until
from tests.control.test_reload import reload, rewrite

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class CountingMember:
    """It answers each request after `seconds`, on any number of connections, and knows how many there were at once."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.listening.setblocking(False)
        self.port: int = self.listening.getsockname()[1]
        self.open: dict[socket.socket, float] = {}
        """Each connection, and when its request is to be answered; 0.0 while it has none."""
        self.most = 0
        self.answered = 0
        self.stopped = False
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        waiting = selectors.DefaultSelector()
        waiting.register(self.listening, selectors.EVENT_READ)
        while not self.stopped:
            ready = [key.fileobj for key, _ in waiting.select(0.005)]
            if self.listening in ready:
                # Who has gone has gone before the next one came, so it is looked at first, once more.
                made, _ = self.listening.accept()
                for key, _ in waiting.select(0):
                    self._read(waiting, key.fileobj)
                self.open[made] = 0.0
                self.most = max(self.most, len(self.open))
                waiting.register(made, selectors.EVENT_READ)
            else:
                for one in ready:
                    self._read(waiting, one)
            now = time.monotonic()
            for one, due in list(self.open.items()):
                if due and now >= due:
                    self.open[one] = 0.0
                    self.answered += 1
                    try:
                        one.sendall(OK)
                    except OSError:
                        pass
        for one in [*self.open, self.listening]:
            one.close()

    def _read(self, waiting: selectors.BaseSelector, one: object) -> None:
        if not isinstance(one, socket.socket) or one is self.listening or one not in self.open:
            return
        try:
            data = one.recv(65536)
        except OSError:
            data = b""
        if data:
            self.open[one] = time.monotonic() + self.seconds
        else:
            waiting.unregister(one)
            del self.open[one]
            one.close()

    def stop(self) -> None:
        self.stopped = True
        self.thread.join(PATIENCE)


@pytest.fixture
def counting() -> Iterator[Callable[[float], CountingMember]]:
    made: list[CountingMember] = []

    def begin(seconds: float) -> CountingMember:
        made.append(CountingMember(seconds))
        return made[-1]

    yield begin
    for one in made:
        one.stop()


def ask_often(server: Served, count: int, at_once: int) -> list[int]:
    """The statuses of so many requests, each on a connection of its own, so that every child has some."""
    with ThreadPoolExecutor(at_once) as pool:
        return [status for status, _ in pool.map(server.get, ["/"] * count)]


def configured(member: CountingMember, parameters: str) -> str:
    return f"LogLevel notice\nProxyPass / http://127.0.0.1:{member.port}/ {parameters}"


@pytest.mark.parametrize("children", [2, 4])
def test_all_children_together_make_no_more_connections_than_max(
    serve: Callable[..., Served], counting: Callable[[float], CountingMember], children: int
) -> None:
    member = counting(0.01)
    server = serve(configured(member, "max=3"), "--children", str(children)).ready()
    assert ask_often(server, 150, 24) == [200] * 150
    assert member.most == 3
    assert member.answered == 150


def test_a_waiting_child_does_not_starve_beside_one_that_keeps_all(
    serve: Callable[..., Served], counting: Callable[[float], CountingMember]
) -> None:
    member = counting(0.0)
    server = serve(configured(member, "max=1"), "--children", "4").ready()
    # One after the other, each child that is asked keeps the only connection afterwards.
    longest = 0.0
    for _ in range(24):
        began = time.monotonic()
        assert server.get("/")[0] == 200
        longest = max(longest, time.monotonic() - began)
    assert member.most == 1
    # The tick of the loop is 0.1 s; the rest is a busy machine's.
    assert longest < 3.0


def test_what_a_killed_child_held_comes_back(
    serve: Callable[..., Served], counting: Callable[[float], CountingMember]
) -> None:
    member = counting(60.0)
    server = serve(configured(member, "max=2 acquire=10000"), "--children", "2").ready()
    held = [server.connect() for _ in range(2)]
    for one in held:
        one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    until(lambda: len(member.open) == 2)
    before = server.children()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not member.open)
    until(lambda: len(server.children() - before) == 2)
    member.seconds = 0.01
    assert ask_often(server, 20, 6) == [200] * 20
    assert member.most == 2
    for one in held:
        one.close()


def test_a_reload_changes_max(serve: Callable[..., Served], counting: Callable[[float], CountingMember]) -> None:
    member = counting(0.02)
    server = serve(configured(member, "max=1"), "--children", "2").ready()
    assert ask_often(server, 20, 8) == [200] * 20
    assert member.most == 1
    rewrite(server, "max=1", "max=4")
    reload(server)
    assert ask_often(server, 60, 16) == [200] * 60
    assert member.most == 4
    rewrite(server, "max=4", "max=2")
    reload(server)
    until(lambda: len(member.open) <= 2)
    member.most = 0
    assert ask_often(server, 60, 16) == [200] * 60
    assert member.most == 2


def test_who_waits_in_vain_is_told_when_to_come_again(
    serve: Callable[..., Served], counting: Callable[[float], CountingMember]
) -> None:
    member = counting(3.0)
    server = serve(configured(member, "max=1 acquire=200"), "--children", "2").ready()
    holder = server.connect()
    holder.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    until(lambda: len(member.open) == 1)
    for _ in range(4):
        with server.connect() as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            head = client.recv(65536)
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nRetry-After: 1\r\n" in head
    assert holder.recv(100).startswith(b"HTTP/1.1 200 ")
    holder.close()
    assert server.get("/")[0] in (200, 503)
    assert member.most == 1


def test_places_are_taken_again() -> None:
    allowance = Allowance()
    board = Scoreboard([], [], 1)
    assert [allowance.take_place(board) for _ in range(3)] == [0, 1, 2]
    allowance.bury(board, 1)
    assert allowance.take_place(board) == 1
    allowance.places = set(range(PLACES))
    assert allowance.take_place(board) == PLACES - 1


def test_a_token_that_died_between_two_steps_is_put_back() -> None:
    tokens = Tokens(2)
    tokens.begin(0)
    os.eventfd_read(tokens.fd)
    assert tokens.lost() == 1
    doubt = Doubt()
    for _ in range(20):
        if doubt.is_over(tokens):
            break
    assert (tokens.lost(), tokens.free()) == (0, 2)
