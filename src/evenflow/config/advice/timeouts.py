"""Time-outs that are shorter than what they wait for: quiet WebSockets, long polls."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.advice.synchrony import for_synchrony
from evenflow.config.advice.uses import CONFLUENCE_PORT, Use, is_websocket, uses
from evenflow.config.checks.view import Places, Server
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.settings import UNSET, MemberLine

DEFAULT = 60.0
"""Timeout, in seconds, where nothing is said."""
TUNNEL_WANTS = 120.0
POLL_WANTS = 60.0
"""Seconds; Bayeux servers hold a poll for 30 to 45, and answer then."""


def client_timeout(server: Server) -> float:
    """Timeout of the server, seconds."""
    for block in (server.block, server.main):
        if block.core.timeout is not UNSET:
            return block.core.timeout
    return DEFAULT


def member_timeout(server: Server, member: MemberLine) -> float:
    """How long an answer of this member may stay silent, seconds."""
    said: float | None = None
    if member.parameters.timeout is not UNSET:
        said = member.parameters.timeout
    for scope in (server.main, server.block):
        for section in (scope, *(part for part in scope.blocks if part.kind == "proxy")):
            for line in section.proxy.sets or ():
                if member.url.lower().startswith(line.target.lower()) and line.member.timeout is not UNSET:
                    said = line.member.timeout
    if said is not None:
        return said
    for block in (server.block, server.main):
        if block.proxy.timeout is not UNSET:
            return block.proxy.timeout
    return client_timeout(server)


def check_tunnels(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A quiet WebSocket is cut after the larger of Timeout and the member's; editors pause for longer."""
    for use in uses(server):
        short = [
            (member, idle)
            for member in use.members
            if is_websocket(member)
            and (idle := max(client_timeout(server), member_timeout(server, member))) < TUNNEL_WANTS
        ]
        if short:
            yield warning(
                "tunnel-idle-timeout",
                f"a WebSocket that is quiet for {short[0][1]:g} s is cut",
                places.whole(short[0][0].origin),
                also=_others(short, places),
                notes=(
                    "the larger of Timeout and the member's timeout counts; an open page on which nobody types sends "
                    "nothing for longer",
                ),
                help=_with_timeout(use, short[0][0], 3600),
            )


def check_long_polls(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A time-out below what a long poll is held for."""
    for use in uses(server):
        if not (for_synchrony(use) or use.path == "/"):
            continue
        short = [(member, wait) for member in use.members if (wait := member_timeout(server, member)) < POLL_WANTS]
        if short:
            yield warning(
                "timeout-below-long-poll",
                f"answers that take longer than {short[0][1]:g} s become 502, long polls among them",
                places.whole(short[0][0].origin),
                also=_others(short, places),
                notes=("without WebSocket an editor asks and is answered after 30 to 45 s, when nothing happens",),
                help=_with_timeout(use, short[0][0], 60),
            )


def _others(short: list[tuple[MemberLine, float]], places: Places) -> list[Label]:
    return [Label(places.whole(member.origin)) for member, _ in short[1:]]


def _with_timeout(use: Use, member: MemberLine, seconds: int) -> str:
    if use.rule is not None and use.balancer is None:
        scheme, _, rest = member.url.partition("://")
        authority = rest.partition("/")[0].partition("%")[0].partition("$")[0]
        return f"write `<Proxy {scheme}://{authority}>`, `ProxySet timeout={seconds}`, `</Proxy>`"
    if member.parameters.timeout is UNSET:
        return f"write `timeout={seconds}` behind the member's URL"
    return f"write `timeout={seconds}` in place of `timeout={member.parameters.timeout:g}`"


SETUP_WANTS = 300.0
"""Seconds; the first start and an upgrade build tables and an index within one request."""
SETUP = ("/setup", "/bootstrap")


def check_setup(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Pages of the first start and of upgrades work for minutes before they answer. A time-out that was chosen is
    measured by them; of one that nobody said nothing is told."""
    found = list(uses(server))
    own = [use for use in found if use.path.rstrip("/").endswith(SETUP)]
    if not own:
        own = [use for use in found if use.path == "/" and use.ports == {CONFLUENCE_PORT}]
    for use in own:
        short = [
            (member, wait)
            for member in use.members
            if POLL_WANTS <= (wait := member_timeout(server, member)) < SETUP_WANTS and wait != DEFAULT
        ]
        if short:
            yield warning(
                "setup-cut-short",
                f"pages of set-up and upgrade that work for longer than {short[0][1]:g} s become 502",
                places.whole(short[0][0].origin),
                also=_others(short, places),
                notes=("`/setup` and `/bootstrap` answer when the work is done, which takes minutes",),
                help=_with_timeout(use, short[0][0], 300),
            )


WAITING = 30.0
"""Seconds; nobody waits longer for a page to begin."""


def check_waiting(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A balancer's timeout is not its members': it is how long a request waits until one of them is usable."""
    for balancer in server.balancers.values():
        for parameters, origin in balancer.parameters:
            if parameters.timeout is UNSET or parameters.timeout < WAITING or balancer.name in server.inherited:
                continue
            yield warning(
                "balancer-timeout-waits",
                f"with all members down, each request waits {parameters.timeout:g} s before it is told",
                places.word(origin, "timeout="),
                notes=(
                    "behind a balancer `timeout` is how long to wait for a member that is usable; how long a member "
                    "may take to answer stands behind its BalancerMember",
                ),
                help=f"write `timeout={parameters.timeout:g}` behind each `BalancerMember`, and leave it out here",
            )
