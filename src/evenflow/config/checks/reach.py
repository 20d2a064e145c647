"""What can never answer: balancers without members, virtual hosts without a listener."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.checks.mappings import paths_and_mappings
from evenflow.config.checks.view import Places, Server, flag
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.directives.proxy import balancer_name


def check_members(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A mapping or rule to a balancer that has no member."""
    targets = [(mapping.target, mapping.origin, 503) for _, mapping in paths_and_mappings(server)]
    targets += [(rule.substitution, rule.origin, 500) for rule in server.rules if flag(rule, "P")]
    for target, origin, status in targets:
        name = balancer_name(target)
        if not name or "$" in name or "%" in name:
            continue
        balancer = server.balancers.get(name)
        if balancer is not None and balancer.members:
            continue
        yield warning(
            "balancer-without-members",
            f"`balancer://{name}` has no members here: every request to it is answered with "
            + str(503 if balancer is not None else status),
            places.word(origin, target),
            help=f"write `<Proxy balancer://{name}>` with a `BalancerMember` for each node",
        )


def check_listeners(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A virtual host on a port that nobody listens on."""
    if server.block.kind != "virtualhost":
        return
    ports = {address.port for address in server.main.core.listens or ()}
    if not ports:
        return
    for address in server.block.addresses:
        if address.port is None or address.port in ports:
            continue
        yield warning(
            "virtual-host-unreachable",
            f"`{server.block.origin.text}` cannot be reached: nothing listens on port {address.port}",
            places.whole(server.block.origin),
            help=f"write `Listen {address.port}`",
        )
