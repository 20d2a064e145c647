"""The switch, and the nodes that it stops and starts."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from evenflow.tools.demo import ports
from evenflow.tools.demo.cluster import Cluster, Node
from evenflow.tools.demo.switch import FIELD, Switch
from tests.control.processes import alive
from tests.peers import free_port

OBEYED = {FIELD: "yes"}


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Switch, list[Node]]]:
    nodes = [Node("confluence", name, "127.0.0.1", free_port()) for name in ("1", "2")]
    nodes.append(Node("synchrony", "1", "127.0.0.1", free_port()))
    with Switch() as switch, Cluster(nodes) as cluster:
        switch.cluster = cluster
        yield switch, nodes


def ask(switch: Switch, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, Any]:
    link = http.client.HTTPConnection("127.0.0.1", switch.port, timeout=30)
    try:
        link.request(method, path, b"" if method == "POST" else None, fields or {})
        answer = link.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        link.close()


def test_a_node_is_killed_with_all_its_processes_and_started_again(running: tuple[Switch, list[Node]]) -> None:
    switch, nodes = running
    status, before = ask(switch, "GET", "/nodes")
    assert status == 200 and [one["running"] for one in before] == [True, True, True]
    assert [(one["name"], one["kind"]) for one in before] == [(node.name, node.kind) for node in nodes]
    status, told = ask(switch, "POST", "/nodes/1/stop", OBEYED)
    assert status == 200 and [one["running"] for one in told] == [False, True, False]
    assert [alive(one["pid"]) for one in before] == [False, True, False]
    assert ports.hindrance("127.0.0.1", nodes[0].port) is None
    assert switch.cluster is not None and switch.cluster.ended() is None, "it was told to, so the demo goes on"
    status, told = ask(switch, "POST", "/nodes/1/start", OBEYED)
    assert status == 200 and [one["running"] for one in told] == [True, True, True]
    assert told[1]["pid"] == before[1]["pid"] and told[0]["pid"] != before[0]["pid"]
    for node in nodes:
        socket.create_connection((node.host, node.port), 5).close()


def test_started_twice_is_started_once(running: tuple[Switch, list[Node]]) -> None:
    before = ask(running[0], "GET", "/nodes")
    assert ask(running[0], "POST", "/nodes/2/start", OBEYED) == before


def test_a_form_on_another_site_s_page_is_not_obeyed(running: tuple[Switch, list[Node]]) -> None:
    before = ask(running[0], "GET", "/nodes")
    status, told = ask(running[0], "POST", "/nodes/1/stop", {"Content-Type": "text/plain"})
    assert status == 403 and FIELD in told["error"]
    assert ask(running[0], "GET", "/nodes") == before


@pytest.mark.parametrize("path", ["/nodes/3/stop", "/nodes/1/burn", "/nodes/1", "/"])
def test_there_is_no_other_switch(running: tuple[Switch, list[Node]], path: str) -> None:
    assert ask(running[0], "POST", path, OBEYED)[0] == 404


def test_a_node_that_cannot_start_is_told(
    running: tuple[Switch, list[Node]], capfd: pytest.CaptureFixture[str]
) -> None:
    switch, nodes = running
    ask(switch, "POST", "/nodes/2/stop", OBEYED)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", nodes[1].port))
        status, told = ask(switch, "POST", "/nodes/2/start", OBEYED)
    assert (status, told["error"][:36]) == (500, "confluence node 2 ended with status ")
    assert "address already in use" in capfd.readouterr().err
    assert ask(switch, "POST", "/nodes/2/start", OBEYED)[0] == 200
