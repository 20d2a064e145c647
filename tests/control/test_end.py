"""The end of real processes: what is in flight is finished, and nobody waits for ever."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from tests.control.processes import Started, alive, until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_what_is_in_flight(start: Callable[..., Started], number: int) -> None:
    server = start(children=2).ready()
    children = server.children()
    with server.connect() as client:
        client.sendall(b"slow")
        assert client.recv(100) == b"begun\n"
        server.tell(number)
        assert client.recv(100).decode().split()[3] == "slow"
    assert server.ends_with() == 0
    assert not any(alive(pid) for pid in children)


def test_nobody_is_accepted_while_it_drains(start: Callable[..., Started]) -> None:
    server = start(children=1).ready()
    with server.connect() as held:
        held.sendall(b"hello")
        held.recv(100)
        server.tell(signal.SIGTERM)

        def refused() -> bool:
            try:
                server.connect().close()
            except ConnectionRefusedError:
                return True
            return False

        until(refused)
        held.sendall(b"still here")
        assert held.recv(100).decode().split()[3:] == ["still", "here"]
    assert server.ends_with() == 0


def test_a_tunnel_does_not_keep_it_alive_beyond_the_time(start: Callable[..., Started]) -> None:
    server = start(children=1, drain_seconds=0.5).ready()
    with server.connect() as held:
        held.sendall(b"hello")
        held.recv(100)
        began = time.monotonic()
        server.tell(signal.SIGTERM)
        assert server.ends_with() == 0
        assert 0.4 < time.monotonic() - began < 5
    assert "ended what was still in flight: children=1 after=0.5" in server.said


def test_a_second_signal_ends_at_once(start: Callable[..., Started]) -> None:
    server = start(children=2).ready()
    with server.connect() as held:
        held.sendall(b"hello")
        held.recv(100)
        server.tell(signal.SIGTERM)
        # As an echo of the first it does not count.
        server.tell(signal.SIGINT)
        time.sleep(0.8)
        assert server.process.poll() is None
        server.tell(signal.SIGTERM)
        assert server.ends_with() == 0
    assert "ended at once by a second signal" in server.said
