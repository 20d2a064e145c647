"""Confluence's collaborative editing: are its requests led to Synchrony, whole, sticky, and as WebSockets?

That 8090 is Confluence and 8091 is Synchrony are their default ports; the findings that rest on it say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from evenflow.config.advice.uses import CONFLUENCE_PORT, SYNCHRONY_PORT, Use, forwards_everything, uses
from evenflow.config.checks.view import Places, Server, covers, flag, matches, takes
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.settings import UNSET, Block, RequireLine
from evenflow.origin import Origin

GUESSED = "8090 is Confluence's and 8091 is Synchrony's port unless somebody changed them"


def for_synchrony(use: Use) -> bool:
    """Whether it leads Synchrony's paths."""
    return use.path.rstrip("/").endswith("/synchrony") or use.path.startswith("/synchrony/")


def check_routed(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Everything goes to Confluence, and nothing to Synchrony."""
    everything = forwards_everything(server)
    if everything is None or everything.ports != {CONFLUENCE_PORT}:
        return
    if any("synchrony" in use.path or SYNCHRONY_PORT in use.ports for use in uses(server)):
        return
    yield warning(
        "synchrony-not-routed",
        "`/synchrony` goes to Confluence like every other path",
        places.whole(everything.origin),
        notes=(
            GUESSED,
            "editors then reach Synchrony only through Confluence's internal proxy, which costs it a thread and two "
            "sockets for each, or not at all",
            "`GET /synchrony/heartbeat` through the balancer answers `OK` where it is right",
        ),
        help="write above it `ProxyPass /synchrony http://NODE:8091/synchrony upgrade=websocket`",
    )


def check_path(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Another path behind than in front: Synchrony answers below /synchrony only."""
    for use in uses(server):
        if use.mapping is None or use.by_pattern or use.path.rstrip("/") != "/synchrony":
            continue
        behind = use.target_path
        if behind.rstrip("/") != "/synchrony":
            yield warning(
                "synchrony-path",
                f"Synchrony gets `{behind or '/'}` for `{use.path}`, and answers only below `/synchrony`",
                places.word(use.origin, use.target),
                help=f"end the URL with `/synchrony{'/' if use.path.endswith('/') else ''}`",
            )


def check_context(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Synchrony below Confluence's context path."""
    for use in uses(server):
        path = use.path.rstrip("/")
        if path.endswith("/synchrony") and path != "/synchrony" and use.ports == {SYNCHRONY_PORT}:
            yield warning(
                "synchrony-below-context",
                f"`{path}` is led to Synchrony, and editors ask for `/synchrony`",
                places.whole(use.origin),
                notes=(GUESSED, "Synchrony's address has no context path, whatever Confluence's own is"),
                help="lead `/synchrony` there",
            )


def check_internal_proxy(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A rule or pattern for Synchrony that takes /synchrony-proxy, which is Confluence's, as well."""
    for mapping in server.mappings:
        assert mapping.path is not None
        if not mapping.regex:
            if covers(mapping.path, "/synchrony-proxy"):
                break
        elif matches(mapping.path, "/synchrony-proxy/healthcheck") is True:
            if mapping.target != "!" and matches(mapping.path, "/x/y") is False:
                yield _takes_internal(places, mapping.origin, "pattern")
            break
    for rule in server.rules:
        if not flag(rule, "P"):
            continue
        if takes(rule, "/synchrony/heartbeat") is not False and takes(rule, "/x/y") is False:
            if takes(rule, "/synchrony-proxy/healthcheck") is not True:
                continue
            yield _takes_internal(places, rule.origin, "rule")


def _takes_internal(places: Places, origin: Origin, what: str) -> Diagnostic:
    return warning(
        "synchrony-takes-internal-proxy",
        f"this {what} takes `/synchrony-proxy` too, which is Confluence's own",
        places.whole(origin),
        notes=("the pattern compares letters; it does not know where a segment of the path ends",),
        help="write `^/synchrony(/|$)` in the pattern, or use `ProxyPass /synchrony`",
    )


def check_sticky(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Several Synchrony nodes, and a client's requests spread over them."""
    for use in uses(server):
        balancer = use.balancer
        if balancer is None or len(balancer.members) < 2 or balancer.sticky is not None or not for_synchrony(use):
            continue
        yield warning(
            "synchrony-not-sticky",
            f"one editor's requests are spread over the members of `balancer://{balancer.name}`",
            places.whole(balancer.origin),
            notes=(
                "a Synchrony node knows only the clients that shook hands with it: the others are told `Unknown "
                "client` and begin again",
            ),
            help="write `ProxySet stickysession=SYNROUTE` into it, a `route` for each member, and `Header add "
            'Set-Cookie "SYNROUTE=.%{BALANCER_WORKER_ROUTE}e; path=/synchrony" env=BALANCER_ROUTE_CHANGED`',
        )


def check_login(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A login before Synchrony, whose clients bring a token of their own and no password."""
    led = next((use for use in uses(server) if for_synchrony(use)), None)
    if led is None:
        return
    asking: Block | None = None
    for location in (server.main, server.block, *server.locations):
        if location.kind == "location" and (location.match != "prefix" or not covers(location.pattern, "/synchrony")):
            continue
        access = location.access
        if access.auth_type is not UNSET:
            asking = None if access.auth_type.lower() == "none" else location
        if access.requires is UNSET:
            continue
        if not any(isinstance(one, RequireLine) and one.provider in USERS for one in access.requires):
            asking = None
        elif asking is None and access.auth_type is UNSET:
            asking = location
    if asking is None or not asking.access.requires:
        return
    line = next(one for one in asking.access.requires if isinstance(one, RequireLine))
    yield warning(
        "synchrony-behind-login",
        "editors are asked for a login before Synchrony, and have none to give",
        places.whole(line.origin),
        also=(Label(places.whole(led.origin), "Synchrony's path", primary=False),),
        notes=("Synchrony looks at a token of its own; a 401 or a redirect to a login page ends editing",),
        help="write `<Location /synchrony>`, `AuthType None`, `Require all granted`, `</Location>` below it",
    )


USERS = frozenset({"valid-user", "user", "group"})

CONNECTION_TESTS = frozenset({"%{http:connection}", "%{req:connection}"})
WHOLE_TOKEN = re.compile(r"^(=|\^)?upgrade\$?$", re.IGNORECASE)


def check_connection_compared(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Connection compared as a whole, while browsers send a list in it."""
    rules = [*server.rules, *(rule for location in server.locations for rule in location.rewrite.rules or ())]
    for rule in rules:
        for condition in rule.conditions:
            if condition.test.lower() not in CONNECTION_TESTS:
                continue
            pattern = condition.pattern.strip()
            if not WHOLE_TOKEN.match(pattern) or pattern.lower() == "upgrade":
                continue
            yield warning(
                "connection-compared-whole",
                f"`{condition.pattern}` misses `Connection: {_missed(pattern)}`",
                places.word(condition.origin, condition.pattern),
                notes=("Connection is a list of words in any order; browsers differ in what else they put into it",),
                help="test `RewriteCond %{HTTP:Upgrade} =websocket [NC]` alone, or write `upgrade=websocket` behind "
                "the member and leave the rule out",
            )


def _missed(pattern: str) -> str:
    return "keep-alive, Upgrade" if pattern.startswith(("^", "=")) else "Upgrade, keep-alive"
