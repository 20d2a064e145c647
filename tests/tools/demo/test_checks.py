"""The demo's checks hold in front of the published file, with httpd as with evenflow, and can fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evenflow.tools.demo import checks
from evenflow.tools.demo.cluster import Cluster, Node
from tests.nodes.fronts import evenflow_front, httpd_front
from tests.peers import CHECKOUT, free_port


@pytest.fixture(scope="module")
def places() -> Iterator[tuple[int, int]]:
    """The ports of two Confluence and two Synchrony nodes."""
    confluence, synchrony = free_port("127.0.0.1", "127.0.0.2"), free_port("127.0.0.1", "127.0.0.2")
    both = ("confluence", confluence), ("synchrony", synchrony)
    with Cluster([Node(kind, number, f"127.0.0.{number}", port) for kind, port in both for number in ("1", "2")]):
        yield confluence, synchrony


@pytest.fixture(scope="module", params=["evenflow", pytest.param("httpd", marks=pytest.mark.once)])
def front(
    places: tuple[int, int], request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[checks.Front]:
    port = free_port()
    text = (CHECKOUT / "examples" / "datacenter.conf").read_text()
    for old, new in (("8080", port), ("8090", places[0]), ("8091", places[1])):
        text = text.replace(old, str(new))
    file = tmp_path_factory.mktemp("front") / "datacenter.conf"
    file.write_text(text)
    start = evenflow_front if request.param == "evenflow" else httpd_front
    with start(file, port):
        yield checks.Front("127.0.0.1", port)


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_each_holds_in_front_of_the_published_file(front: checks.Front, check: checks.Check) -> None:
    holds, line = checks.run(check, front)
    assert holds, line


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (checks.turns, "turns: without a cookie the nodes should take turns, seen was 1 1 1 1 1 1"),
        (checks.stickiness, "stickiness: ROUTEID=.2 was sent to node 1"),
        (checks.heartbeat, "heartbeat: the heartbeat says 404 "),
        (checks.websockets, "websockets: the upgrade was answered with 'HTTP/1.1 404 Not Found', not 101"),
    ],
)
def test_each_fails_where_one_node_stands_alone(places: tuple[int, int], check: checks.Check, line: str) -> None:
    holds, said = checks.run(check, checks.Front("127.0.0.1", places[0]))
    assert not holds
    assert said.startswith(line)


def test_a_front_that_is_not_there_is_a_failure_not_a_traceback(tmp_path: Path) -> None:
    for check in checks.CHECKS:
        holds, said = checks.run(check, checks.Front("127.0.0.1", free_port()))
        assert not holds
        assert "ConnectionRefusedError" in said
