"""What a request is hashed by, for an lbmethod that looks at it. Asked only where the balancer's method does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenflow.balancer.sticky import in_cookie
from evenflow.plan.balancing import HashBy
from evenflow.plan.model import Decision

if TYPE_CHECKING:
    from evenflow.proxy.exchange import Exchange


def key_of(exchange: Exchange) -> bytes:
    """The key; b"" where the request does not have what its balancer hashes by."""
    wanted: HashBy = exchange.balance.balancer.balancing.hash_by
    decision: Decision = exchange.decision
    head = exchange.head
    if wanted.kind == "client":
        return decision.client(exchange.facts)
    if wanted.kind == "uri":
        query = head.query if decision.keep_query else decision.query
        return decision.path if query is None else decision.path + b"?" + query
    if wanted.kind == "cookie":
        cookie = head.get(b"cookie")
        return b"" if cookie is None else in_cookie(cookie, wanted.name) or b""
    return head.get(wanted.name) or b""
