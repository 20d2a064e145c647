"""The stand-in Confluence node over real sockets."""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from evenflow.tools.demo.cluster import Cluster, Node
from evenflow.tools.demo.confluence import node_id
from tests.peers import free_port

Answer = tuple[int, http.client.HTTPMessage, bytes]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    port = free_port("127.0.0.1", "127.0.0.2")
    with Cluster([Node("confluence", "1", "127.0.0.1", port), Node("confluence", "2", "127.0.0.2", port)]):
        yield port


def ask(port: int, method: str, path: str, body: bytes | None = None, node: str = "1", **fields: str) -> Answer:
    link = http.client.HTTPConnection(f"127.0.0.{node}", port, timeout=10)
    try:
        link.request(method, path, body, fields)
        answer = link.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        link.close()


@pytest.mark.parametrize(
    ("path", "status", "part"),
    [
        ("/", 200, b"Dashboard"),
        ("/pages/viewpage.action?pageId=1", 200, b"pageId=1"),
        ("/pages/%3Cscript%3E?<b>", 200, b"&lt;b&gt;"),
        ("/pages/editpage.action", 200, b"evenflow[demo]"),
        ("/status", 200, b'{"state": "RUNNING"}'),
        ("/robots.txt", 200, b"Disallow: /"),
        ("/balancer-manager", 404, b"node 1"),
    ],
)
def test_pages(port: int, path: str, status: int, part: bytes) -> None:
    seen, fields, body = ask(port, "GET", path)
    assert seen == status
    assert part in body
    assert fields["X-Confluence-Cluster-Node"] == node_id("1")


def test_a_session_counts_on_its_node_and_is_lost_on_the_other(port: int) -> None:
    _, fields, body = ask(port, "GET", "/who")
    cookie = fields["Set-Cookie"].partition(";")[0]
    assert json.loads(body)["visits"] == 1
    for visits in (2, 3):
        _, fields, body = ask(port, "GET", "/who", Cookie=cookie)
        assert (json.loads(body)["visits"], fields["Set-Cookie"]) == (visits, None)
    _, fields, body = ask(port, "GET", "/who", node="2", Cookie=cookie)
    assert json.loads(body)["visits"] == 1
    assert not fields["Set-Cookie"].startswith(cookie)


def test_the_log_in_redirects_to_the_address_that_was_asked(port: int) -> None:
    status, fields, _ = ask(port, "GET", "/login.action")
    assert (status, fields["Location"]) == (302, f"http://127.0.0.1:{port}/pages/viewpage.action?pageId=1")


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_upload_is_measured(port: int, method: str) -> None:
    content = bytes(range(256)) * 1000
    _, _, body = ask(port, method, "/upload", content)
    assert json.loads(body) == {"size": 256_000, "sha256": hashlib.sha256(content).hexdigest()}


def test_the_stream_comes_line_by_line(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as link:
        link.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        seen = b""
        while b"line 1 of" not in seen:
            seen += link.recv(65536)
        assert b"line 10 of" not in seen
