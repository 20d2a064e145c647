"""Sockets that come with the process: all children serve them, and one that nobody asked for is said."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evenflow.control import activation, listening
from evenflow.control.trouble import Trouble
from evenflow.origin import Origin
from evenflow.plan.model import Listener
from tests.control.processes import PATIENCE, Served, until
from tests.peers import free_port

STARTER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="web")
os.execv(sys.executable, [sys.executable, "-m", "evenflow", "serve", *sys.argv[2:]])
"""
"""What a service manager does: descriptor 3, the variables, and the program in the same process."""


class Activated(Served):
    """`evenflow serve`, with a socket that somebody else has bound."""

    def __init__(self, folder: Path, bound: socket.socket, text: str, *options: str) -> None:
        self.port = bound.getsockname()[1]
        self.file = folder / "wiki.conf"
        self.file.write_text(f"ServerName wiki.example\nRedirect /old /new\n{text}\n")
        self.process = subprocess.Popen(
            [sys.executable, "-c", STARTER, str(bound.fileno()), str(self.file), *options],
            stderr=subprocess.PIPE, text=True, start_new_session=True, pass_fds=[bound.fileno()],
        )  # fmt: skip
        self.listen()


@pytest.fixture
def bound() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.fixture
def activate(tmp_path: Path) -> Iterator[Callable[..., Activated]]:
    made: list[Activated] = []

    def begin(*said: object) -> Activated:
        made.append(Activated(tmp_path, *said))  # type: ignore[arg-type]
        return made[-1]

    yield begin
    for one in made:
        one.stop()


def listener(host: str, port: int) -> Listener:
    return Listener(host, port, False, Origin("wiki.conf", 1, f"Listen {port}"))


def environment(count: int = 1, process: int = 0) -> dict[str, str]:
    return {"LISTEN_FDS": str(count), "LISTEN_PID": str(process or os.getpid()), "LISTEN_FDNAMES": "web:more"}


def test_sockets_are_taken_once_and_nothing_inherits_them(bound: socket.socket) -> None:
    descriptor = os.dup(bound.fileno())
    os.set_inheritable(descriptor, True)
    said = environment()
    (taken,) = activation.given_sockets(said, descriptor)
    with taken:
        assert said == {}
        assert taken.getsockname() == bound.getsockname()
        assert not taken.get_inheritable() and not taken.getblocking()
        assert activation.given_sockets(said, descriptor) == []


@pytest.mark.parametrize("said", [{}, environment(process=1), {**environment(), "LISTEN_FDS": "many"}])
def test_what_is_not_for_us_is_left(said: dict[str, str]) -> None:
    assert activation.given_sockets(dict(said), 9999) == []


@pytest.mark.parametrize(
    ("family", "kind", "why"),
    [
        (socket.AF_INET, socket.SOCK_STREAM, "does not listen"),
        (socket.AF_INET, socket.SOCK_DGRAM, "does not listen"),
        (socket.AF_UNIX, socket.SOCK_STREAM, "has no address and port"),
    ],
)
def test_what_cannot_be_served_is_said(family: int, kind: int, why: str) -> None:
    descriptor = socket.socket(family, kind).detach()
    with pytest.raises(Trouble) as caught:
        activation.given_sockets(environment(), descriptor)
    assert caught.value.code == "socket-unusable" and why in caught.value.headline and "`web`" in caught.value.headline


def test_a_descriptor_that_is_no_socket() -> None:
    reading, writing = os.pipe()
    with pytest.raises(Trouble) as caught:
        activation.given_sockets(environment(), reading)
    assert "is no socket" in caught.value.headline
    os.close(reading)
    os.close(writing)


def test_all_children_share_it_and_nothing_else_is_bound(bound: socket.socket) -> None:
    other = free_port()
    port = bound.getsockname()[1]
    shares = listening.open_listeners(
        (listener("127.0.0.1", port), listener("127.0.0.1", other)), 3, 16, [], [bound]
    )  # fmt: skip
    assert [share[0][0] is bound for share in shares] == [True] * 3
    assert len({id(share[1][0]) for share in shares}) == 3
    # The next generation goes on with the same.
    younger = listening.open_listeners((listener("127.0.0.1", port),), 3, 16, shares, [bound])
    assert [[one is bound for one, _ in share] for share in younger] == [[True]] * 3
    listening.close_others(shares, younger)
    assert bound.fileno() >= 0


@pytest.mark.skipif(not listening.has_ipv6(), reason="this machine has no IPv6")
def test_one_for_both_families_is_a_listen_without_an_address() -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as both:
        port = both.getsockname()[1]
        shares = listening.open_listeners((listener("", port),), 2, 16, [], [both])
        assert [[one is both for one, _ in share] for share in shares] == [[True], [True]]
        # But IPv4 alone was not to be had by it: who wrote that did not ask for IPv6.
        with pytest.raises(Trouble):
            listening.open_listeners((listener("0.0.0.0", port),), 2, 16, [], [both])


def test_one_that_no_listen_asks_for_is_an_error(bound: socket.socket) -> None:
    port = bound.getsockname()[1]
    with pytest.raises(Trouble) as caught:
        listening.open_listeners((listener("127.0.0.1", free_port()),), 2, 16, [], [bound])
    assert caught.value.code == "socket-left-over"
    assert f"`127.0.0.1:{port}`" in caught.value.headline and f"`Listen 127.0.0.1:{port}`" in caught.value.help
    assert bound.fileno() >= 0


def test_every_child_serves_it_and_it_stays_over_a_reload(
    activate: Callable[..., Activated], bound: socket.socket, tmp_path: Path
) -> None:
    port = bound.getsockname()[1]
    seen = tmp_path / "environment"
    text = f'LogLevel notice\nListen 127.0.0.1:{port}\nCustomLog "|$(env; ls -l /proc/self/fd) > {seen}; cat" "%P"'
    server = activate(bound, f'{text}\nCustomLog "{tmp_path}/log" "%P"', "--children", "2").ready()

    def answered() -> set[int]:
        """Who has answered until now."""
        assert server.get("/old")[0] == 302
        log = tmp_path / "log"
        return {int(word) for word in log.read_text().split()} if log.exists() else set()

    until(lambda: answered() >= server.children() - children_of_log(server))
    server.tell(signal.SIGHUP)
    until(lambda: "reloaded: generation=2" in server.said)
    assert server.get("/old")[0] == 302
    # What the process was given is not passed on to what it starts.
    said = seen.read_text()
    assert "LISTEN_" not in said and f"socket:[{os.fstat(bound.fileno()).st_ino}]" not in said
    server.tell(signal.SIGTERM)
    assert server.ends_with() == 0
    # Whoever comes now waits in the queue for the next one.
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as waiting:
        waiting.sendall(b"GET /old HTTP/1.1\r\nHost: wiki.example\r\nConnection: close\r\n\r\n")
        activate(bound, text, "--children", "1").ready()
        assert waiting.recv(100).startswith(b"HTTP/1.1 302 ")


def children_of_log(server: Activated) -> set[int]:
    """The processes below it that are log commands."""
    return {pid for pid in server.children() if "evenflow" not in Path(f"/proc/{pid}/comm").read_text()}


def test_a_socket_too_many_ends_it_with_words(activate: Callable[..., Activated], bound: socket.socket) -> None:
    server = activate(bound, f"Listen 127.0.0.1:{free_port()}")
    assert server.ends_with() == 1
    assert "error[socket-left-over]" in server.said
