"""Members that are taken out by a hiccup, or that are chosen by something that says nothing of sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from evenflow.config.advice.timeouts import member_timeout
from evenflow.config.checks.view import Places, Server, flag
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.settings import UNSET

PATIENT = 10.0
"""Seconds: what an answer may take before a member is given up for it."""
LOST_PACKET = 1.0
"""Seconds after which a connect whose first packet was lost is tried again (RFC 6298 section 2)."""

ADDRESS = re.compile(r"^%\{(REMOTE_ADDR|HTTP:X-Forwarded-For|HTTP:X-Real-IP)\}$", re.IGNORECASE)
ADDRESS_ATTRIBUTE = re.compile(r"^(Remote_Addr|X-Forwarded-For|X-Real-IP)$", re.IGNORECASE)
PAGES = re.compile(r"^/*$|/(login|dologin|dashboard|homepage|index|secure)\b|\.action$", re.IGNORECASE)
"""Paths of pages, which greet whoever comes without a session with a new one."""
LAST_DIGIT = re.compile(r"(\[[0-9a-f-]+\]|\((\?:)?[0-9](\|[0-9])+\)|[^\\][0-9]|\.\*)\$$", re.IGNORECASE)
"""The end of an address, which nobody writes who means a network."""


def check_flapping(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A member that is put into error by one slow page, or by one lost packet."""
    for balancer in server.balancers.values():
        if balancer.name in server.inherited or len(balancer.members) < 2:
            continue
        said = [
            (parameters.failontimeout, origin)
            for parameters, origin in balancer.parameters
            if parameters.failontimeout is not UNSET
        ]
        if said and said[-1][0]:
            shortest = min(member_timeout(server, member) for member in balancer.members)
            if shortest < PATIENT:
                yield warning(
                    "member-flaps",
                    f"one answer that takes longer than {shortest:g} s takes a member out for `retry` seconds",
                    places.word(said[-1][1], "failontimeout"),
                    notes=("a slow page says nothing of the node, and the same page goes to the next one then",),
                    help="write a `timeout=` of 60 or more behind the members, or `failontimeout=Off`",
                )
        for member in balancer.members:
            wait = member.parameters.connectiontimeout
            if wait is not UNSET and wait <= LOST_PACKET:
                yield warning(
                    "member-flaps",
                    f"one lost packet takes `{member.url}` out for `retry` seconds",
                    places.word(member.origin, "connectiontimeout"),
                    notes=("a connect whose first packet is lost is tried again after a second (RFC 6298)",),
                    help="write `connectiontimeout=5`",
                )


def check_probes(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Probes that cost a session each, and probes that take a node for well which still starts."""
    for balancer in server.balancers.values():
        if balancer.name in server.inherited:
            continue
        for member in balancer.members:
            said = member.parameters
            asks = said.hcmethod is not UNSET and said.hcmethod not in ("NONE", "TCP")
            if not asks or said.hcmethod in ("OPTIONS", "OPTIONS11"):
                continue
            target = (urlsplit(member.url).path.rstrip("/") + "/" + (said.hcuri or "").lstrip("/")).lower()
            if PAGES.search(target):
                yield warning(
                    "probe-makes-sessions",
                    f"each probe of `{target}` may begin a session at the node, {(said.hcinterval or 30.0):g} s apart",
                    places.word(member.origin, "hcuri"),
                    notes=("a probe brings no cookie, so the application takes it for a new visitor",),
                    help="write `hcuri=/status`, which Atlassian's applications answer without a session",
                )
            elif target.endswith("/status") and (said.hcexpr is UNSET or said.hcexpr is None):
                yield warning(
                    "probe-blind",
                    "the status alone does not tell a node that still starts: `/status` answers 200 then too",
                    places.word(member.origin, "hcuri"),
                    notes=("the body says it: RUNNING, STARTING, STOPPING or FIRST_RUN",),
                    help="write `ProxyHCExpr running {hc('body') =~ /RUNNING/}` above the balancer, and"
                    " `hcmethod=GET hcexpr=running` behind the members",
                )


def check_addresses(server: Server, places: Places) -> Iterator[Diagnostic]:
    """The client's address chooses the member: a company behind one address is one client."""
    help = "use a balancer with `stickysession` and a route for each member"
    rules = [*server.rules, *(rule for location in server.locations for rule in location.rewrite.rules or ())]
    for rule in rules:
        if not flag(rule, "P"):
            continue
        for condition in rule.conditions:
            if ADDRESS.match(condition.test) and LAST_DIGIT.search(condition.pattern):
                yield warning(
                    "member-by-address",
                    "the client's address chooses the member: everybody behind one address is on one node",
                    places.whole(condition.origin),
                    notes=("and whoever comes by another address, as phones do, loses the session",),
                    help=help,
                )
    for scope in (server.main, server.block, *server.locations):
        for line in scope.environment.conditions or ():
            if not ADDRESS_ATTRIBUTE.match(line.attribute) or not LAST_DIGIT.search(line.pattern):
                continue
            if any("route" in name.lower() or "node" in name.lower() for name, _ in line.changes):
                yield warning(
                    "member-by-address",
                    "the client's address chooses the route: everybody behind one address is on one node",
                    places.whole(line.origin),
                    notes=("and whoever comes by another address, as phones do, loses the session",),
                    help=help,
                )
