"""What a request is hashed by, for an lbmethod that looks at it, and what tells its session from others where the route
is all that its cookie says. Asked only where the balancer wants to know.
"""

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


def session_of(exchange: Exchange) -> bytes:
    """Whose session it is, for counting: by the application's own cookie, else by the client's address and program."""
    decision: Decision = exchange.decision
    head = exchange.head
    cookie = head.get(b"cookie")
    if cookie is not None:
        value = in_cookie(cookie, exchange.balance.balancer.balancing.session_cookie)
        if value:
            return value
    return decision.client(exchange.facts) + b" " + (head.get(b"user-agent") or b"")
