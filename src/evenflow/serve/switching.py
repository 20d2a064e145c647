"""A 101: both connections stop speaking HTTP to us and become a tunnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenflow.proxy.exchange import Exchange
from evenflow.proxy.switches import NO_HALF_CLOSE
from evenflow.proxy.tunnel import Tunnel
from evenflow.serve.measures import count_switch
from evenflow.serve.tunnel_connection import TunnelConnection
from evenflow.wire.frames import Frames

if TYPE_CHECKING:
    from evenflow.serve.client_connection import ClientConnection


def switch(client: ClientConnection, exchange: Exchange) -> None:
    """Make a tunnel of the client's and its member's connection; what has arrived goes along."""
    backend = client.backend
    slot = exchange.slot
    assert backend is not None and slot is not None
    client.pace = None
    # httpd: the larger of both sides' time-outs.
    tunnel = TunnelConnection(Tunnel(slot, max(client.host.timeout, client.patience())), client, backend)
    client.tunnel = tunnel
    exchange.slot = None
    tunnel.tunnel.received = exchange.body.sent
    decision = exchange.decision
    tunnel.head = bytes(exchange.head.came or exchange.head.data)
    if decision.balancer is not None:
        tunnel.balancer = decision.balancer.name
    if exchange.upgrade is not None and exchange.upgrade.lower() == b"websocket":
        tunnel.frames = Frames()
    if exchange.switched & NO_HALF_CLOSE:
        tunnel.tunnel.half_closes = False
    if client.tally is not None:
        client.tally.put_aside(client.server, exchange, client.tls)
    if client.server.host_rows:
        count_switch(client.server, decision.host)
    goes_on = tunnel.begin(exchange.to_backend, exchange.to_client)
    client.exchange = None
    client.server.give_exchange(exchange)
    stash = client.stash
    if goes_on and stash is not None:
        client.stash = None
        goes_on = tunnel.client_sent(stash, len(stash))
    if goes_on and client.ended:
        goes_on = tunnel.client_ended()
    if not goes_on:
        client.close_tunnel()
    elif client.paused and backend.pending is None:
        client.resume()
