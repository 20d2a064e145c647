"""What the connections of one child share."""

from __future__ import annotations

import asyncio
from pathlib import Path

from evenflow.serve.access_log import AccessLogs
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.resolver import Resolver
from evenflow.serve.server import BUFFER_SIZE, Server
from tests.proxy.story import World


def make_server(folder: Path) -> Server:
    world = World({"a": {}, "b": {}}, {}, {}, {}, {})
    loop = asyncio.new_event_loop()
    loop.close()
    log = ErrorLog(str(folder / "error.log"))
    return Server(loop, world.routes, Resolver(loop), {}, log, AccessLogs(world.plan, log))


def test_it_begins_with_nobody(tmp_path: Path) -> None:
    server = make_server(tmp_path)
    assert server.idle == [[], [], []]
    assert server.clients == set()
    assert len(server.buffer) == BUFFER_SIZE
    assert not server.draining
    assert not server.logs_access


def test_an_exchange_is_used_again(tmp_path: Path) -> None:
    server = make_server(tmp_path)
    one = server.take_exchange()
    other = server.take_exchange()
    assert one is not other
    one.refuse(404, "for a test")
    one.to_client.put(b"left over")
    server.give_exchange(one)
    again = server.take_exchange()
    assert again is one
    again.begin(None)
    again.begin(None)
    assert (again.status, again.why, again.to_client.pending(), again.facts) == (0, "", 0, None)


def test_not_every_exchange_is_kept(tmp_path: Path) -> None:
    server = make_server(tmp_path)
    many = [server.take_exchange() for _ in range(300)]
    for one in many:
        server.give_exchange(one)
    assert len(server.spare_exchanges) == 256
