"""A new connection to the chosen member: its address, its pool where it has a `max`, and the connect itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenflow.plan.model import Member
from evenflow.proxy import attempt
from evenflow.proxy.exchange import Exchange
from evenflow.proxy.steps import MEMBER
from evenflow.serve.backend_connection import cause_of, connect
from evenflow.serve.clock import monotonic
from evenflow.serve.scarce import MEANS, give_way

if TYPE_CHECKING:
    from evenflow.serve.backend_connection import BackendConnection
    from evenflow.serve.client_connection import ClientConnection
    from evenflow.serve.resolver import Addresses
    from evenflow.slotmem.members import MemberSlot


def connect_to(client: ClientConnection, exchange: Exchange, member: Member, addresses: Addresses) -> bool:
    """Begin to connect, or wait in the member's pool; True where that failed at once and the exchange has gone on."""
    pool = client.server.pools[member.slot]
    if pool is not None:
        called = client.called
        client.called = False
        if not pool.admits(client, called, client.server.idle[member.slot]):
            if not called:
                client.room_until = monotonic() + pool.acquire
            client.deadline = client.room_until
            return False
    try:
        client.backend = connect_somehow(client, member, addresses)
    except OSError as fault:
        if pool is not None:
            pool.give()
        if fault.errno in MEANS:
            attempt.without_means(exchange, cause_of(fault.errno), monotonic())
        else:
            attempt.connect_failed(exchange, cause_of(fault.errno or 0), monotonic())
        return True
    return False


def connect_somehow(client: ClientConnection, member: Member, addresses: Addresses) -> BackendConnection:
    """`connect`; where there is no descriptor for it, kept connections give way. Raises OSError."""
    try:
        return connect(client.server, member, addresses, client, client.way)
    except OSError as fault:
        if fault.errno not in MEANS or not give_way(client.server):
            raise
    return connect(client.server, member, addresses, client, client.way)


def resolved(client: ClientConnection, slot: MemberSlot, addresses: Addresses | None, cause: str) -> None:
    """The member's name has these addresses, or none."""
    exchange = client.exchange
    # It may be late: the request may be with another member by now, or over.
    if (
        client.closed
        or exchange is None
        or exchange.step != MEMBER
        or exchange.slot is not slot
        or client.backend is not None
    ):
        return
    if addresses is None:
        attempt.name_unknown(exchange, cause, monotonic())
    elif not connect_to(client, exchange, slot.member, addresses):
        return
    client.advance()
