"""1xx answers of a member but 101: on to the client, or the end of what its request body waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from evenflow.proxy import request_body, response, switches
from evenflow.wire.faults import ProtocolFault

if TYPE_CHECKING:
    from evenflow.proxy.exchange import Exchange

MOST: Final = 10
"""httpd gives up after so many."""


def take(exchange: Exchange) -> None:
    """On to a client that knows them; a 100 that it did not ask for is swallowed. RFC 9110 section 15.2."""
    exchange.interims += 1
    if exchange.interims > MOST:
        raise ProtocolFault("Too many (10) interim responses from origin server", 502)
    if exchange.answer.status == 100:
        if exchange.pinging:
            exchange.pinging = exchange.held_back = False
            if exchange.collected:
                request_body.put_collected(exchange)
            return
        if not exchange.expects:
            return
        exchange.held_back = False
    if exchange.head.version >= 11 and not exchange.switched & switches.NO_INTERIM:
        response.write_interim(exchange.to_client, exchange.answer)
