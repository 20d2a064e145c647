"""Requests that ask for no WebSocket and are treated as one, and WebSockets that become plain requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evenflow.config.advice.uses import is_websocket, uses
from evenflow.config.checks.view import Places, Server, covers, flag
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.directives.proxy import balancer_name
from evenflow.config.settings import RuleLine

FALLS_BACK = re.compile(r"synchrony|bayeux|cometd|faye|socket\.?io|sockjs|signalr|atmosphere", re.IGNORECASE)
"""Protocols that ask the same URL by plain requests where a WebSocket cannot be had."""

SYNCHRONY = re.compile(r"/synchrony(/|$)")

LOOKS_AT_UPGRADE = re.compile(r"upgrade|connection|sec-websocket", re.IGNORECASE)


def check_rules(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A rule that sends the polls of those who cannot have a WebSocket to a WebSocket member."""
    rules = [*server.rules, *(rule for location in server.locations for rule in location.rewrite.rules or ())]
    for rule in rules:
        if not flag(rule, "P") or not _only_websocket(server, rule):
            continue
        conditions = [f"{condition.test} {condition.pattern}" for condition in rule.conditions]
        if any(LOOKS_AT_UPGRADE.search(text) for text in conditions):
            continue
        if not FALLS_BACK.search(" ".join([rule.pattern, rule.substitution, *conditions])):
            continue
        yield warning(
            "upgrade-forced",
            "requests that ask for no WebSocket go to the WebSocket member too",
            places.whole(rule.origin),
            notes=(
                "whoever cannot have a WebSocket asks the same URL by POST; evenflow and httpd from 2.4.47 on send "
                "that to the member as plain HTTP, an older httpd answers it with an error",
            ),
            help="write `RewriteCond %{HTTP:Upgrade} =websocket [NC]` above it",
        )


def _only_websocket(server: Server, rule: RuleLine) -> bool:
    name = balancer_name(rule.substitution)
    if name is None:
        return rule.substitution.lower().startswith(("ws://", "wss://"))
    balancer = server.balancers.get(name)
    members = balancer.members if balancer is not None else ()
    return bool(members) and all(member.url.lower().startswith(("ws://", "wss://")) for member in members)


def check_fields(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Upgrade or Connection written into every request."""
    for edit in server.edits:
        if edit.table != "request" or edit.action not in ("set", "setifempty", "add", "append", "merge"):
            continue
        if edit.name.lower() not in ("upgrade", "connection") or edit.env is not None or edit.expr is not None:
            continue
        if "upgrade" not in edit.value.lower() and "websocket" not in edit.value.lower():
            continue
        yield warning(
            "upgrade-forced",
            f"`{edit.origin.text}` asks for a WebSocket in every request's name",
            places.whole(edit.origin),
            notes=("these fields belong to one connection (RFC 9110 section 7.6.1): a proxy writes them itself",),
            help="remove it, and write `upgrade=websocket` behind the member",
        )


def check_tunnels(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Synchrony's path without a way for WebSockets: they arrive as plain requests."""
    if any(_leads_websockets(server, rule) for rule in server.all_rules):
        return
    told = set()
    for use in uses(server):
        if use.mapping is None or not SYNCHRONY.match(use.path) or use.origin in told:
            continue
        bare = [member for member in use.members if not is_websocket(member)]
        if not bare:
            continue
        told.add(use.origin)
        yield warning(
            "websocket-not-tunnelled",
            f"no WebSocket gets through to `{bare[0].url}`: it has no `upgrade=websocket`",
            places.whole(bare[0].origin),
            notes=("the member gets the handshake without its Upgrade field, and answers 400",),
            help="write `upgrade=websocket` behind the member's URL",
        )


OLD = frozenset({"force-proxy-request-1.0", "downgrade-1.0", "force-response-1.0"})


def check_old_versions(server: Server, places: Places) -> Iterator[Diagnostic]:
    """HTTP/1.0 towards a member that WebSockets go to: there is no Upgrade in it."""
    led = [use for use in uses(server) if any(is_websocket(member) for member in use.members)]
    for scope in (server.main, server.block, *server.locations):
        for line in scope.environment.variables or ():
            if line.name.lower() not in OLD or line.value is None:
                continue
            if scope.kind == "location" and not any(covers(scope.pattern, use.path) for use in led):
                continue
            if led:
                yield warning(
                    "websocket-not-tunnelled",
                    f"`{line.origin.text}`: no WebSocket gets through to `{led[0].target}`",
                    places.whole(line.origin),
                    notes=("HTTP/1.0 knows no Upgrade",),
                    help="remove it, or put it into the `<Location>` of what needs it",
                )


def _leads_websockets(server: Server, rule: RuleLine) -> bool:
    if not flag(rule, "P"):
        return False
    if rule.substitution.lower().startswith(("ws:", "wss:", "%", "$")):
        return True
    balancer = server.balancers.get(balancer_name(rule.substitution) or "")
    return balancer is not None and any(is_websocket(member) for member in balancer.members)
