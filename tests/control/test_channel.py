"""The control socket: who is heard, and what becomes of those who do not speak."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evenflow.control import channel
from evenflow.control.channel import Channel, Unreachable, ask, place, running


@pytest.fixture
def signals() -> Iterator[list[int]]:
    """The signals that came. They are caught and not blocked: a test's process has threads that would let one in."""
    caught: list[int] = []
    before = signal.signal(channel.SIGNAL, lambda number, _: caught.append(number))
    yield caught
    signal.signal(channel.SIGNAL, before)


@pytest.fixture
def listening(tmp_path: Path, signals: list[int]) -> Iterator[Listening]:
    made = Listening(str(tmp_path / "wiki.conf"))
    made.signals = signals
    yield made
    made.close()


class Listening(Channel):
    """A channel, and the signals that it sent."""

    signals: list[int]


def serve(listening: Listening, answer: dict[str, Any]) -> list[Any]:
    """Wait for the signal, answer everybody; what was heard."""
    deadline = time.monotonic() + 10
    while not listening.signals:
        assert time.monotonic() < deadline, "no signal came"
        time.sleep(0.005)
    listening.signals.clear()
    heard = []
    for order, visitor in listening.orders():
        heard.append(order)
        visitor.tell(answer)
    return heard


def in_background(path: Path, order: dict[str, Any], told: list[Any]) -> threading.Thread:
    thread = threading.Thread(target=lambda: told.append(ask(path, order)))
    thread.start()
    return thread


def test_an_order_is_heard_by_a_signal_and_answered(listening: Listening) -> None:
    told: list[Any] = []
    thread = in_background(listening.path, {"do": "reload"}, told)
    assert serve(listening, {"ok": True}) == [{"do": "reload"}]
    thread.join(10)
    assert told == [{"ok": True}]


def test_only_its_owner_can_come_near(listening: Listening) -> None:
    assert listening.path.stat().st_mode & 0o777 == 0o600
    assert listening.path.parent.stat().st_mode & 0o077 == 0


def test_who_does_not_speak_is_hung_up_on(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "SPEAKING_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mute:
        mute.connect(str(listening.path))
        assert serve(listening, {"ok": False}) == [None]


@pytest.mark.parametrize("said", [b"\n", b"{", b"[" * 60000 + b"\n", b"x" * (channel.MOST + 10), b"\xff\n"])
def test_what_is_no_order_is_none(listening: Listening, said: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.connect(str(listening.path))

        def speak() -> None:
            link.sendall(said)
            link.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=speak)
        sender.start()
        assert serve(listening, {"ok": False}) == [None]
        sender.join(10)


def test_a_second_one_for_the_same_file_is_refused(listening: Listening, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="another evenflow serves this configuration"):
        Channel(str(tmp_path / "." / "wiki.conf"))
    assert running() == [listening.path]


def test_what_a_dead_one_left_is_taken_over(listening: Listening, tmp_path: Path) -> None:
    listening.forget()
    assert listening.path.exists() and running() == []
    again = Channel(str(tmp_path / "wiki.conf"))
    assert running() == [again.path]
    again.close()
    assert not again.path.exists()


def test_a_folder_that_others_can_enter_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    monkeypatch.setenv("EVENFLOW_RUN", str(folder))
    with pytest.raises(OSError, match="is not a folder that is only ours"):
        Channel(str(tmp_path / "wiki.conf"))


def test_nobody_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no evenflow answers at"):
        ask(place(str(tmp_path / "nobody.conf")), {"do": "status"})


def test_where_it_is_without_being_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVENFLOW_RUN")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert channel.folder() == Path("/run/user/1000/evenflow")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert channel.folder() == Path("/tmp/evenflow-1000")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert channel.folder() == Path("/run/evenflow")
