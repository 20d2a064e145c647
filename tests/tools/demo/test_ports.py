"""Who holds a port."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from evenflow.tools.demo import ports
from tests.peers import free_port


def test_a_free_port_is_free() -> None:
    assert ports.hindrance("127.0.0.1", free_port()) is None


def test_a_taken_port_is_taken_by_this_process() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        host, port = taken.getsockname()
        name = Path("/proc/self/comm").read_text().strip()
        for place in (host, ""):
            assert ports.hindrance(place, port) == (
                f"`{place or '*'}:{port}` is taken by process {os.getpid()} ({name})\n"
                f"help: end it (`kill {os.getpid()}`) and try again"
            )


def test_an_address_of_somebody_else() -> None:
    # TEST-NET-1 (RFC 5737) is nobody's.
    assert (ports.hindrance("192.0.2.1", 80) or "").startswith("this machine has no address `192.0.2.1`\nhelp: ")


def test_nobody_holds_a_port_where_nobody_listens() -> None:
    assert ports.holder(free_port()) == ""
