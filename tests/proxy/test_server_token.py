"""What Server says of us."""

from __future__ import annotations

from evenflow.proxy.response import write_ordinary
from evenflow.proxy.routes import Routes
from evenflow.proxy.server_token import TOKEN
from evenflow.wire.http1 import ResponseHead
from evenflow.wire.outlet import Outlet
from tests.proxy.story import Story


def test_routes_say_what_their_plan_says() -> None:
    world = Story().world
    assert TOKEN.text == b"evenflow"
    world.plan.server_token = b"evenflow/9"
    try:
        Routes(world.plan, world.scoreboard, 0)
        answer = ResponseHead()
        answer.parse(b"HTTP/1.1 200 OK\r\n\r\n", 0)
        out = Outlet()
        write_ordinary(out, answer, b"then", False, False, 0, b"", b"")
        assert b"\r\nServer: evenflow/9\r\n" in bytes(out.data[out.start : out.end])
    finally:
        TOKEN.text = b"evenflow"
