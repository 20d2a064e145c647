"""How long anybody waits for anybody, and which line says so."""

from __future__ import annotations

from evenflow.control.explanation.facts import Json, place
from evenflow.control.explanation.walk import Walk
from evenflow.plan.model import Decision, Member


def timeouts(walk: Walk) -> list[Json]:
    """Those that this request can meet."""
    exchange = walk.exchange
    decision: Decision | None = exchange.decision
    if decision is None:
        return []
    host = decision.host
    found = []

    def add(name: str, seconds: float, origin: Json | None) -> None:
        found.append({"name": name, "seconds": seconds, "place": origin})

    server = walk.said("Timeout")
    add("client: for the next bytes of the request, or to take the answer", host.timeout, server)
    if exchange.slot is not None:
        member: Member = exchange.slot.member
        own = place(member.origin)
        proxy = walk.said("ProxyTimeout") or server
        silence = member.timeout or host.proxy_timeout
        source = own if member.timeout else proxy
        if member.connect_timeout:
            add("member: to connect", member.connect_timeout, own)
        else:
            add("member: to connect", silence, source)
        add("member: silence before and within the answer", silence, source)
        if exchange.balance is not None:
            add("member: in error after a failed connect", member.retry, own)
            if exchange.balance.timeout > 0:
                at = walk.parameter(exchange.balance, "timeout")
                add("balancer: to wait for a usable member", exchange.balance.timeout, at)
        if member.upgrade:
            add("tunnel: silence on both sides", max(host.timeout, silence), source)
    if host.keep_alive:
        add("client: until its next request", host.keep_alive_timeout, walk.said("KeepAliveTimeout"))
    return found
