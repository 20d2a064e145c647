"""When a client's connection has waited long enough: what that means depends on what it waits for."""

from __future__ import annotations

from typing import Any

from evenflow.proxy import attempt
from evenflow.proxy.beginnings import noted
from evenflow.proxy.steps import ASKING, BODY, DONE, IDLE, MEMBER, SENDING, WAIT
from evenflow.serve.client_connection import ClientConnection
from evenflow.serve.error_log import tell_of_fault
from evenflow.slotmem.limits import BY_SLOW_BODY, BY_SLOW_HANDSHAKE, BY_SLOW_HEAD, BY_SLOW_READER


def check_deadlines(clients: set[Any], now: float) -> None:
    """Tell every connection whose time is over; called at each tick."""
    due: list[Any] = []
    for client in clients:
        if client.deadline <= now or client.read_limit.until <= now:
            due.append(client)
    for client in due:
        if client.closed:
            continue
        try:
            if client.read_limit.until <= now:
                on_read_timeout(client, now)
            else:
                on_deadline(client, now)
        except Exception as fault:
            # A mistake of ours: everybody else's time goes on all the same, and this one is at its end.
            tell_of_fault(client.server.log, fault)
            client.abandon()


def on_deadline(client: ClientConnection, now: float) -> None:
    """Nothing happened for as long as it may take."""
    if client.tunnel is not None:
        client.close_tunnel()
        return
    exchange = client.exchange
    met = client.server.limits_met
    if exchange is None or client.lingering or client.handshaking:
        if client.handshaking:
            met[BY_SLOW_HANDSHAKE] += 1
        client.close()
        return
    step = exchange.step
    if step == WAIT:
        exchange.elect(now)
    elif step == DONE:
        met[BY_SLOW_READER] += 1
        client.lost()
        return
    elif step == IDLE:
        if not refuse_late_head(client):
            return
    elif step == BODY:
        met[BY_SLOW_BODY] += 1
        exchange.refuse_request(408, "the request did not arrive in time")
    elif step == ASKING:
        exchange.refuse_request(503, "the answer to a question of access did not come in time")
    elif step == MEMBER:
        backend = client.backend
        if backend is not None and backend.try_next("timeout"):
            member = backend.member
            client.deadline = now + (member.connect_timeout or member.timeout or exchange.decision.host.proxy_timeout)
            return
        client.drop_backend()
        if client.waits_for is None:
            attempt.connect_failed(exchange, "timeout", now)
        else:
            client.waits_for = None
            attempt.no_room(exchange, now)
    elif exchange.to_client.pending():
        # The client takes nothing.
        met[BY_SLOW_READER] += 1
        client.lost()
        return
    elif (
        step == SENDING
        and exchange.request_left != 0
        and exchange.to_backend.pending() == 0
        and not exchange.held_back
    ):
        met[BY_SLOW_BODY] += 1
        client.drop_backend()
        exchange.give_up(408, "the request body did not arrive in time")
    else:
        client.drop_backend()
        attempt.timed_out(exchange, now)
    client.deadline = now + client.host.timeout
    client.advance()


def on_read_timeout(client: ClientConnection, now: float) -> None:
    """The client takes too long to send what it has begun."""
    exchange = client.exchange
    client.read_limit.end()
    met = client.server.limits_met
    if client.handshaking:
        met[BY_SLOW_HANDSHAKE] += 1
        client.close()
        return
    if exchange is None or client.lingering or client.tunnel is not None:
        return
    step = exchange.step
    if step == IDLE:
        if not refuse_late_head(client):
            return
    elif exchange.request_left == 0:
        return
    elif step == BODY:
        met[BY_SLOW_BODY] += 1
        exchange.refuse_request(408, "the request body did not arrive in time")
    elif client.paused or exchange.held_back or step == ASKING or step == MEMBER or step == WAIT:
        # It is not the client that is waited for.
        client.read_limit.until = now + 1.0
        return
    elif step == SENDING:
        met[BY_SLOW_BODY] += 1
        client.drop_backend()
        exchange.give_up(408, "the request body did not arrive in time")
    else:
        met[BY_SLOW_BODY] += 1
        client.drop_backend()
        client.lost()
        return
    client.deadline = now + client.host.timeout
    client.advance()


def refuse_late_head(client: ClientConnection) -> bool:
    """A head did not come whole in time: refuse it; False where not even its first line came, and all is over."""
    stash = client.stash
    exchange = client.exchange
    assert exchange is not None
    head = bytearray() if stash is None else stash.lstrip(b"\r\n")
    if head:
        client.server.limits_met[BY_SLOW_HEAD] += 1
    if head.find(b"\n") < 0:
        client.never_asked()
        return False
    exchange.refused_head = noted(head, 0, len(head))
    exchange.refuse_request(408, "the request's head did not arrive in time")
    return True
