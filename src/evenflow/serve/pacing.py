"""An answer that goes out at a pace (RATE_LIMIT): portion by portion, and a rest between two of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from evenflow.proxy.exchange import Exchange
from evenflow.proxy.steps import ANSWERING, DONE, SENDING
from evenflow.serve.clock import monotonic
from evenflow.serve.pace import STEP, pace_of
from evenflow.serve.sockets import BLOCKED, SENT
from evenflow.wire.outlet import Outlet

if TYPE_CHECKING:
    from evenflow.serve.client_connection import ClientConnection


def set_pace(client: ClientConnection, exchange: Exchange) -> None:
    """The answer goes through RATE_LIMIT: the variables say how fast."""
    if client.pace is None:
        client.pace = pace_of(exchange.variables(), monotonic())


def push(client: ClientConnection, out: Outlet) -> int:
    """`push` of what may go now; BLOCKED where the rest waits, for the socket or for the next portion."""
    pace = client.pace
    assert pace is not None
    out.settle()
    size = min(out.pending(), pace.allowance(monotonic()))
    done = SENT
    if size:
        whole = out.end
        rest = bytes(memoryview(out.data)[out.start + size : whole])
        out.end = out.start + size
        done = client.push(out)
        pace.spend(size - out.pending())
        out.put(rest)
    if done != SENT:
        return done
    if out.pending() == 0:
        return SENT
    client.stop_writing()
    if not client.resting:
        client.resting = True
        client.server.loop.call_later(STEP, partial(rested, client))
    return BLOCKED


def rested(client: ClientConnection) -> None:
    """The next portion may go."""
    client.resting = False
    exchange = client.exchange
    if client.closed or client.pace is None or exchange is None or client.tunnel is not None or client.writing:
        return
    if exchange.step == SENDING or exchange.step == ANSWERING or exchange.step == DONE:
        client.on_writable()
