"""A tunnel through another proxy."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.model import Member
from evenflow.serve.passage import MOST_ANSWER, Passage, request_for

MEMBER = Member(b"https://member.example", b"https", "member.example", 443, b"", 0, NOWHERE)


class Scene:
    """A passage on one end of a pair of sockets; its loop is called by hand."""

    def __init__(self) -> None:
        self.ours, self.other = socket.socketpair()
        self.ours.setblocking(False)
        self.wake: Callable[[], None] | None = None
        self.heard: list[str] = []
        loop = SimpleNamespace(add_reader=self.add_reader, remove_reader=self.remove_reader)
        self.passage = Passage(
            SimpleNamespace(
                server=SimpleNamespace(loop=loop),
                fd=self.ours.fileno(),
                passed=lambda: self.heard.append("passed"),
                not_passed=self.heard.append,
            ),
            MEMBER,
            b"token",
        )

    def add_reader(self, fd: int, then: Callable[[], None]) -> None:
        self.wake = then

    def remove_reader(self, fd: int) -> None:
        self.wake = None

    def says(self, text: bytes) -> list[str]:
        self.other.sendall(text)
        while self.wake is not None:
            try:
                self.ours.recv(1, socket.MSG_PEEK)
            except BlockingIOError:
                break
            self.wake()
        return self.heard


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    made.passage.begin()
    yield made
    made.ours.close()
    made.other.close()


def test_what_is_asked(scene: Scene) -> None:
    assert scene.other.recv(1000) == b"CONNECT member.example:443 HTTP/1.0\r\nProxy-agent: token\r\n\r\n"
    six = Member(b"https://[::1]:8443", b"https", "::1", 8443, b"", 0, NOWHERE)
    assert request_for(six, b"t").startswith(b"CONNECT [::1]:8443 HTTP/1.0\r\n")


def test_a_tunnel_whose_first_bytes_are_the_members(scene: Scene) -> None:
    assert scene.says(b"HTTP/1.0 200 Connection Established\r\nVia: x\r\n\r\nhello") == ["passed"]
    assert scene.ours.recv(100) == b"hello"
    assert scene.wake is None


def test_byte_by_byte() -> None:
    scene = Scene()
    scene.passage.begin()
    for byte in b"HTTP/1.1 200 OK\r\n\r":
        assert scene.says(bytes((byte,))) == []
    assert scene.says(b"\n\x16") == ["passed"]
    assert scene.ours.recv(100) == b"\x16"


@pytest.mark.parametrize(
    "answer, cause",
    [
        (b"HTTP/1.0 403 No\r\n\r\n", "the other proxy answered 403"),
        (b"HTTP/1.0 2000 No\r\n\r\n", "the other proxy answered 2000"),
        (b"SSH-2.0\r\n\r\n", "the other proxy speaks no HTTP"),
        (b"x" * MOST_ANSWER, "the other proxy answered with too long a head"),
    ],
)
def test_refusals(scene: Scene, answer: bytes, cause: str) -> None:
    assert scene.says(answer) == [cause]


def test_it_goes_away(scene: Scene) -> None:
    scene.other.close()
    assert scene.wake is not None
    scene.wake()
    # What we asked lies unread there: the end may come as a reset.
    assert scene.heard[0].startswith("the other proxy")
