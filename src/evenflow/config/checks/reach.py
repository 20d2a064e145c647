"""What can never answer: balancers without members, virtual hosts without a listener."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.checks.mappings import paths_and_mappings, patterns_and_mappings
from evenflow.config.checks.view import Places, Server, flag
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.directives.proxy import balancer_name
from evenflow.config.settings import UNSET, Block


def check_members(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A mapping or rule to a balancer that has no member."""
    targets = [
        (mapping.target, mapping.origin, 503)
        for _, mapping in (*paths_and_mappings(server), *patterns_and_mappings(server))
    ]
    targets += [(rule.substitution, rule.origin, 500) for rule in server.rules if flag(rule, "P")]
    for target, origin, status in targets:
        name = balancer_name(target)
        if not name or "$" in name or "%" in name:
            continue
        balancer = server.balancers.get(name)
        if balancer is not None and (balancer.members or balancer.services):
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


def check_names(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A virtual host whose every name an earlier one on the same addresses has. All of them are looked at with the
    main server."""
    if server.block is not server.main:
        return
    known: dict[str, list[Block]] = {}
    for block in server.main.blocks:
        if block.kind != "virtualhost":
            continue
        names = _names(block)
        addresses = _addresses(block)
        # Who has all of the names has this one of them.
        for earlier in known.get(next(iter(names)), ()) if names and addresses else ():
            if names <= _names(earlier) and addresses <= _addresses(earlier):
                yield warning(
                    "virtual-host-shadowed",
                    f"`{block.origin.text}` never answers: an earlier one has the same address and name",
                    places.whole(block.origin),
                    also=(Label(places.whole(earlier.origin), "this one is found first", primary=False),),
                    help="give one of them another ServerName, or put both into one section",
                )
                break
        for name in names:
            known.setdefault(name, []).append(block)


def _addresses(block: Block) -> set[tuple[str, int | None]]:
    return {(address.host, address.port) for address in block.addresses}


def _names(block: Block) -> set[str]:
    name = block.core.server_name
    aliases = block.core.server_aliases or ()
    return ({name.host.lower()} if name is not UNSET else set()) | {alias.lower() for alias in aliases}
