"""Rules that refuse what they should forward, and WebSockets that never become tunnels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evenflow.config.checks.view import Places, Server, covers, flag, is_catch_all, line_of, location_mapping
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.directives.proxy import balancer_name
from evenflow.config.settings import RuleLine

BACKREFERENCE = re.compile(r"\$[0-9]")


def check_question_mark(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A catch-all `[P]` rule copies the decoded path, and `%3F` in it is refused."""
    for rule in server.rules:
        if not flag(rule, "P") or not is_catch_all(rule) or flag(rule, "B") or flag(rule, "UNSAFEALLOW3F"):
            continue
        target, reference, _ = _cut(rule.substitution)
        if not reference:
            continue
        yield warning(
            "question-mark-refused",
            "a path with `%3F` in it is answered with 403 by this rule",
            places.whole(rule.origin),
            notes=(
                f"`{reference}` is the decoded path; a `?` that it brings along would begin a query, so the rule "
                "refuses it (AH10508)",
                "pages and attachments whose names hold a question mark have such paths",
            ),
            help=f"use `ProxyPass / {target}` in place of the rule, or let it escape what it copies: "
            "`[P,B,BNP,NE,BNE=/]`",
        )


def _cut(substitution: str) -> tuple[str, str, str]:
    found = BACKREFERENCE.search(substitution)
    if found is None:
        return substitution, "", ""
    return substitution[: found.start()], found.group(), substitution[found.end() :]


def check_websockets(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A rule to a WebSocket member that can never act, or acts otherwise than by a tunnel."""
    yield from _left_behind(server, places)
    open_before: RuleLine | None = None
    for rule in server.block.rewrite.rules or ():
        if is_websocket(server, rule):
            if not server.engine:
                yield _never(places, rule, "`RewriteEngine` is not on here", "write `RewriteEngine On` above it")
            elif not flag(rule, "P"):
                yield _redirected(places, rule)
            elif open_before is not None:
                yield warning(
                    "websocket-not-tunnelled",
                    f"`{rule.origin.text}` is never reached",
                    places.whole(rule.origin),
                    also=(
                        Label(
                            places.whole(open_before.origin), "this rule forwards every request first", primary=False
                        ),
                    ),
                    notes=("rules are tried in the order they are written, and [P] ends them",),
                    help=f"move it, with its conditions, above {line_of(open_before.origin, rule.origin)}",
                )
        if open_before is None and server.engine and flag(rule, "P") and is_catch_all(rule) and not rule.conditions:
            open_before = rule
    for location in server.locations:
        engine = server.engine or location.rewrite.engine is True
        mapped = location_mapping(location) is not None or any(
            mapping.target != "!"
            and mapping.path is not None
            and location.match == "prefix"
            and covers(mapping.path, location.pattern)
            for mapping in server.mappings
        )
        for rule in location.rewrite.rules or ():
            if not is_websocket(server, rule):
                continue
            if not engine:
                yield _never(
                    places, rule, "`RewriteEngine` is not on here", "write `RewriteEngine On` into the section"
                )
            elif not flag(rule, "P"):
                yield _redirected(places, rule)
            elif mapped and rule.pattern.startswith("^/"):
                yield _never(
                    places,
                    rule,
                    "inside a section a mapped request is matched as `proxy:http://...`, which does not begin with `/`",
                    "write `.*` as the pattern, and test the path with `RewriteCond %{REQUEST_URI}`",
                )


def _left_behind(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A rule of the main server for WebSockets, and a virtual host that forwards and does not have it."""
    if server.block is server.main or not server.mappings or any(is_websocket(server, rule) for rule in server.rules):
        return
    if any(mapping.member.upgrade for mapping in server.mappings):
        return
    for rule in server.main.rewrite.rules or ():
        if is_websocket(server, rule) and flag(rule, "P"):
            yield warning(
                "websocket-not-tunnelled",
                f"`{rule.origin.text}` is not for `{server.block.origin.text}`",
                places.whole(rule.origin),
                also=(Label(places.whole(server.block.origin), "this one has rules of its own", primary=False),),
                notes=("no virtual host takes over the main server's rules unless it says so",),
                help="move it into the virtual host, or write `RewriteEngine On` and `RewriteOptions Inherit` there",
            )
            return


def is_websocket(server: Server, rule: RuleLine) -> bool:
    target = rule.substitution.lower()
    if target.startswith(("ws://", "wss://")):
        return True
    balancer = server.balancers.get(balancer_name(rule.substitution) or "")
    return balancer is not None and any(
        member.url.lower().startswith(("ws://", "wss://")) for member in balancer.members
    )


def _never(places: Places, rule: RuleLine, note: str, help: str) -> Diagnostic:
    return warning(
        "websocket-not-tunnelled",
        f"`{rule.origin.text}` never acts, so no WebSocket reaches its member",
        places.whole(rule.origin),
        notes=(note,),
        help=help,
    )


def _redirected(places: Places, rule: RuleLine) -> Diagnostic:
    return warning(
        "websocket-not-tunnelled",
        f"`{rule.origin.text}` does not forward: it has no `[P]`",
        places.whole(rule.origin),
        notes=("without [P] the client is redirected to the member's own address, or gets 404",),
        help="add the flag `[P]`",
    )
