"""Requests of a local handler that another process of ours answers: the manager's page, by the console.

The request was decided and authorised here, as every other. Then it goes to the console like to a member, with a field
that says who asks: it is set here, in the place of whatever the client called so. Where the console cannot be reached,
the handler answers itself.
"""

from __future__ import annotations

from typing import Any, Final

from evenflow.plan.model import FORWARD, LOCAL, Decision
from evenflow.proxy.exchange import Exchange
from evenflow.serve.clock import monotonic
from evenflow.serve.server import Server

CONSOLE: Final = "\0console"
"""Under what the server's handlers hold the console, where there is one: a name that no SetHandler can say."""
MANAGER: Final = "balancer-manager"
FIELD: Final = b"Evenflow-Asks"
"""Who asks; see `control.console.visit`."""


def hand_on(server: Server, exchange: Exchange, server_name: bytes) -> bool:
    """Whether the console answers it: then a connection to it is wanted (step MEMBER)."""
    found = server.handlers.get(CONSOLE)
    if found is None or exchange.attempts or exchange.request_left != 0 or exchange.document_status:
        return False
    console: Any = found()
    head, decision = exchange.head, exchange.decision
    if not console.takes(head.method, head.query or b"", head.get(b"accept") or b""):
        return False
    client = decision.client(exchange.facts)
    asks = console.introduce(client, decision.user or b"", decision.host.index, head.path, server_name, head.host)
    made = copied(decision, FORWARD)
    made.member = console.member
    made.path = b"/"
    head.replace(FIELD, asks)
    exchange.decision = made
    exchange.request_length = len(exchange.collected)
    exchange.elect(monotonic())
    return True


def comes_back(exchange: Exchange) -> bool:
    """Whether the exchange found nobody at the console; then it is the handler's again."""
    decision = exchange.decision
    if decision is None or decision.kind != FORWARD or decision.handler != MANAGER or exchange.to_member > 0:
        return False
    exchange.decision = copied(decision, LOCAL)
    exchange.status = 0
    exchange.why = ""
    return True


def copied(decision: Decision, kind: int) -> Decision:
    """The same request decided as another kind."""
    made = Decision(kind, decision.host, decision.scope, decision.origin)
    made.handler = decision.handler
    made.env = decision.env
    made.vary = decision.vary
    made.cookies = decision.cookies
    made.early_fields = decision.early_fields
    made.client_name = decision.client_name
    made.uri = decision.uri
    made.filename = decision.filename
    made.address = decision.address
    made.user = decision.user
    made.auth_type = decision.auth_type
    made.keep_query = decision.keep_query
    made.query = decision.query
    return made
