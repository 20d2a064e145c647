"""What an access log is told of requests and tunnels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.model import LogTarget
from tests.proxy.story import World
from tests.serve.served import OK, Member, Served, request, until

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


@pytest.fixture
def member() -> Member:
    return Member()


def logging(path: Path) -> Any:
    def arrange(world: World) -> None:
        text = '%>s %b \\"%r\\" %{BALANCER_WORKER_ROUTE}e %X'
        world.host.logs = (LogTarget(str(path), text.replace("\\", ""), None, NOWHERE),)

    return arrange


def test_the_access_log_names_the_member(tmp_path: Path, member: Member) -> None:
    path = tmp_path / "access.log"
    with Served(tmp_path, member, member={"route": b"n1", "upgrade": (b"websocket",)}, arrange=logging(path)) as served:
        client = served.client()
        client.send(request("GET", "/x?y"))
        peer = member.accept()
        peer.head()
        peer.send(OK)
        client.answer()
        client.send(request("GET", "/own", "Connection: close"))
        client.answer()
        other = served.client()
        other.send(request("GET", "/cut"))
        peer.head()
        peer.send(OK[:-1])
        other.head()
        peer.reset()
        other.expect_end()
        tunnel = served.client()
        tunnel.send(request("GET", "/ws", "Upgrade: websocket"))
        peer = member.accept()
        peer.head()
        peer.send(SWITCH + b"12345")
        tunnel.head()
        tunnel.read(5)
        peer.close()
        tunnel.expect_end()
        tunnel.close()
        lines = until(lambda: len(found := path.read_text().splitlines() if path.exists() else []) >= 4 and found)
    assert lines[0] == '200 2 "GET /x?y HTTP/1.1" n1 +'
    assert lines[1].startswith("404 ")
    assert lines[1].endswith(' "GET /own HTTP/1.1" - -')
    assert lines[2] == '200 1 "GET /cut HTTP/1.1" n1 -'
    assert lines[3].startswith('101 - "GET /ws HTTP/1.1" n1 ')


def test_the_access_log_counts_what_was_sent_and_knows_the_answers_head(tmp_path: Path, member: Member) -> None:
    path = tmp_path / "access.log"

    def arrange(world: World) -> None:
        world.host.logs = (LogTarget(str(path), '%>s %O %I %{Content-Type}o %{server}o "%r"', None, NOWHERE),)

    answer = b"HTTP/1.1 200 OK\r\nServer: m\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Served(tmp_path, member, member={"upgrade": (b"websocket",)}, arrange=arrange) as served:
        sent = []
        client = served.client()
        client.send(request("POST", "/x", "Content-Length: 5") + b"12345")
        peer = member.accept()
        peer.head()
        peer.read(5)
        peer.send(answer + b"5\r\nhello\r\n0\r\n\r\n")
        sent.append(client.read_until(b"0\r\n\r\n"))
        client.send(request("GET", "/own"))
        sent.append(client.head())
        length = int(sent[1].lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        client.read(length)
        client.send(b"GET /bad\tone HTTP/1.1\r\nHost: a\r\n\r\n")
        sent.append(client.read_to_end())
        tunnel = served.client()
        tunnel.send(request("GET", "/ws", "Upgrade: websocket"))
        peer.head()
        peer.send(SWITCH + b"12345")
        sent.append(tunnel.head())
        tunnel.read(5)
        peer.close()
        tunnel.expect_end()
        tunnel.close()
        lines = until(lambda: len(found := path.read_text().splitlines() if path.exists() else []) >= 4 and found)
    asked = len(request("POST", "/x", "Content-Length: 5")) + 5
    own = len(request("GET", "/own"))
    switched = len(request("GET", "/ws", "Upgrade: websocket"))
    assert lines == [
        f'200 {len(sent[0])} {asked} text/plain m "POST /x HTTP/1.1"',
        f'404 {len(sent[1]) + length} {own} text/html evenflow "GET /own HTTP/1.1"',
        f'400 {len(sent[2])} 34 text/html evenflow "GET /bad one"',
        f'101 {len(sent[3]) + 5} {switched} - - "GET /ws HTTP/1.1"',
    ]
