"""The demo's processes: up in order, down whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import evenflow
from evenflow.tools.demo import ports
from evenflow.tools.demo.cluster import Cluster, DemoFault, Node
from tests.peers import free_port

KILLED_WITH_A_NODE = """
import os, signal, sys, time
from evenflow.tools.demo.cluster import Cluster, Node
with Cluster([Node("confluence", "1", "127.0.0.1", int(sys.argv[1]))]):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nodes_run_inside_and_not_after() -> None:
    nodes = [Node("confluence", "1", "127.0.0.1", free_port()), Node("synchrony", "1", "127.0.0.1", free_port())]
    with Cluster(nodes) as cluster:
        for node in nodes:
            socket.create_connection((node.host, node.port), 5).close()
        assert cluster.ended() is None
    assert all(ports.hindrance(node.host, node.port) is None for node in nodes)


def test_a_node_that_dies_is_told_by_name() -> None:
    port = free_port()
    with Cluster([Node("confluence", "1", "127.0.0.1", port)]) as cluster:
        os.kill(int(ports.holder(port).split()[1]), signal.SIGKILL)
        deadline = time.monotonic() + 5
        while cluster.ended() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert cluster.ended() == "confluence node 1 has ended with status -9"


def test_one_that_cannot_start_takes_the_others_down(capfd: pytest.CaptureFixture[str]) -> None:
    good = Node("confluence", "1", "127.0.0.1", free_port())
    cluster = Cluster([good, Node("synchrony", "1", "192.0.2.1", free_port())])
    with pytest.raises(DemoFault, match="synchrony node 1 ended with status"), cluster:
        raise AssertionError("the second node cannot listen")
    assert ports.hindrance(good.host, good.port) is None
    capfd.readouterr()


def test_a_node_does_not_outlive_a_demo_that_was_killed() -> None:
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(Path(evenflow.__file__).resolve().parent.parent)}
    killed = subprocess.run([sys.executable, "-c", KILLED_WITH_A_NODE, str(port)], env=environment)
    assert killed.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 5
    while ports.hindrance("127.0.0.1", port) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ports.hindrance("127.0.0.1", port) is None
