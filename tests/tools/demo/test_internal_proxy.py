"""From Confluence to the Synchrony node beside it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest

from evenflow.tools.demo.cluster import Cluster, Node, Shared
from evenflow.tools.demo.internal_proxy import BAYEUX_PATH
from tests.peers import free_port

HANDSHAKE = json.dumps([{"channel": "/meta/handshake", "version": "1.0"}])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, int]]:
    folder = tmp_path_factory.mktemp("wiki")
    confluence, synchrony = free_port("127.0.0.1", "127.0.0.2"), free_port("127.0.0.1", "127.0.0.2")
    nodes = [Node("synchrony", name, f"127.0.0.{name}", synchrony) for name in ("1", "2")]
    nodes.append(Node("confluence", "2", "127.0.0.2", confluence))
    with Cluster(nodes, Shared(str(folder / "wiki.sqlite"), str(folder), "evenflow")) as made:
        yield made, confluence


JSON = "application/json"


def ask(port: int, method: str, path: str, body: str = "", media_type: str = JSON) -> tuple[int, str, str]:
    link = http.client.HTTPConnection("127.0.0.2", port, timeout=10)
    try:
        link.request(method, path, body, {"Content-Type": media_type})
        answer = link.getresponse()
        return answer.status, answer.headers.get("X-Synchrony-Node", ""), answer.read().decode()
    finally:
        link.close()


def test_it_leads_to_the_node_beside_it(cluster: tuple[Cluster, int]) -> None:
    status, node, text = ask(cluster[1], "POST", BAYEUX_PATH, HANDSHAKE)
    assert (status, node) == (200, "2")
    assert json.loads(text)[0]["ext"] == {"node": "2"}


def test_forms_and_refusals_pass_as_they_are(cluster: tuple[Cluster, int]) -> None:
    form = "application/x-www-form-urlencoded"
    assert json.loads(ask(cluster[1], "POST", BAYEUX_PATH, f"message={HANDSHAKE}", form)[2])[0]["successful"]
    assert ask(cluster[1], "POST", BAYEUX_PATH, "{")[0] == 400


def test_its_other_paths(cluster: tuple[Cluster, int]) -> None:
    assert ask(cluster[1], "GET", "/synchrony-proxy/healthcheck")[0] == 200
    assert ask(cluster[1], "GET", BAYEUX_PATH)[0] == 405
    assert ask(cluster[1], "GET", "/synchrony-proxy/v1/other")[0] == 404


def test_without_synchrony_it_says_so(cluster: tuple[Cluster, int]) -> None:
    found = next(one for one in cluster[0]._started if one.title == "synchrony node 2")
    found.process.kill()
    found.process.wait()
    assert ask(cluster[1], "POST", BAYEUX_PATH, HANDSHAKE)[0] == 503
