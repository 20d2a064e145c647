"""The balancer-manager: can it be reached, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evenflow.config.checks.view import (
    Places,
    Server,
    covers,
    line_of,
    literal_start,
    location_mapping,
    rule_that_takes,
    sample,
    takes_all,
)
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.settings import UNSET, Block, RequireGroup, RequireLine
from evenflow.origin import Origin

MANAGER = "balancer-manager"


STATUS = "server-status"
METRICS = "evenflow-metrics"

OPEN = {
    MANAGER: ("manager-open-to-everyone", "may change the balancers", "the manager drains, disables and adds members"),
    STATUS: ("status-open-to-everyone", "sees how busy it is", "it shows members, their addresses and their traffic"),
    METRICS: ("status-open-to-everyone", "sees how busy it is", "it shows members, their addresses and their traffic"),
}
"""Handlers that not everybody should reach: (code, what one may do, why it matters)."""


def handled(server: Server, handler: str) -> Iterator[Block]:
    """The server's own sections with this handler; one of the main server may be meant for another port."""
    for location in server.block.blocks:
        if location.kind != "location" or location.core.handler != handler:
            continue
        if location.match == "prefix":
            yield location
        elif location.match == "regex" and literal_start(location.pattern).startswith("/"):
            # What every path begins with that the pattern takes is one of them.
            yield replace(location, match="prefix", pattern=literal_start(location.pattern).rstrip("/"))


def check_shadowed(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A mapping or a rule takes the manager's path, and a handler loses to both."""
    for manager in handled(server, MANAGER):
        path = manager.pattern
        said = manager.core.handler_origin
        assert isinstance(said, Origin)
        rule = rule_that_takes(server.rules, path)
        mapping = _mapping_of(server, path)
        taken = rule.origin if rule is not None else mapping
        if taken is None:
            continue
        exclusion = f"`ProxyPass {path} !`"
        condition = f"`RewriteCond %{{REQUEST_URI}} !^{path}`"
        helps = []
        if mapping is not None:
            helps.append(f"{exclusion} above {line_of(mapping, said)}")
        if rule is not None:
            helps.append(f"{condition} above {line_of(rule.origin, said)}")
        what = "rule" if rule is not None else "mapping"
        yield warning(
            "manager-shadowed",
            f"the balancer-manager at `{path}` cannot be reached: it is forwarded to a member",
            places.whole(said),
            also=(Label(places.whole(taken), f"this {what} takes `{path}` first", primary=False),),
            notes=("SetHandler loses to ProxyPass and to rules with [P], wherever they stand",),
            help=f"write {' and '.join(helps)}",
        )


def _mapping_of(server: Server, path: str) -> Origin | None:
    """The mapping that forwards `path`; None where none does or the first one excludes it."""
    for location in reversed(server.locations):
        found = location_mapping(location)
        if found is not None and location.match == "prefix" and covers(location.pattern, path):
            return None if found.target == "!" else found.origin
    for mapping in server.mappings:
        if mapping.path is None:
            continue
        if mapping.regex and sample(mapping.path) == path and mapping.target == "!":
            return None
        if takes_all(mapping.path) if mapping.regex else covers(mapping.path, path):
            return None if mapping.target == "!" else mapping.origin
    return None


def granting(lines: tuple[RequireLine | RequireGroup, ...], kind: str) -> RequireLine | None:
    """The line that lets everybody in; None where there is none, or others must agree."""
    found = None
    for line in lines:
        open_line = granting(line.items, line.kind) if isinstance(line, RequireGroup) else None
        if isinstance(line, RequireLine) and not line.negated:
            words = (line.provider, *(word.lower() for word in line.arguments))
            open_line = line if words in (("all", "granted"), ("expr", "true")) else None
        if kind == "any" and open_line is not None:
            return open_line
        if kind != "any" and open_line is None:
            return None
        found = found or open_line
    return found if kind == "all" else None


def any_will_do(section: Block) -> bool:
    """`Satisfy any`, and no Allow or Deny that keeps anybody out: the address is enough, and every one will do."""
    satisfies = section.access.satisfies or ()
    return bool(satisfies) and satisfies[-1][0] == "any" and not keeps_out(section)


def keeps_out(section: Block) -> bool:
    """Whether Order, Allow and Deny keep strangers out."""
    orders = section.access.orders or ()
    order = orders[-1][0] if orders else "deny,allow"
    words = [(rule.allows, rule.word.lower()) for rule in section.access.rules or ()]
    if order == "deny,allow":
        return (False, "all") in words and (True, "all") not in words
    return (True, "all") not in words or (False, "all") in words


def check_open(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Nothing, or `Require all granted`, stands before the manager or the status."""
    for handler in OPEN:
        yield from _check_open(server, places, handler)


def _check_open(server: Server, places: Places, handler: str) -> Iterator[Diagnostic]:
    code, deed, why = OPEN[handler]
    for manager in handled(server, handler):
        said = manager.core.handler_origin
        assert isinstance(said, Origin)
        requires: tuple[RequireLine | RequireGroup, ...] | None = None
        for location in server.locations:
            if location.access.requires is UNSET:
                continue
            if location.match != "prefix":
                if location.match == "regex" and location.core.handler == handler:
                    requires = location.access.requires
                    continue
                requires = None
                break  # a pattern may or may not speak here
            if covers(location.pattern, manager.pattern):
                requires = location.access.requires
        else:
            open_line = granting(requires or (), "any")
            if requires is not None and open_line is None and not any_will_do(manager):
                continue
            if requires is None and keeps_out(manager):
                continue
            at = places.whole(open_line.origin if open_line is not None else said)
            yield warning(
                code,
                f"anybody who can reach `{manager.pattern}` {deed}",
                at,
                "this lets everybody in" if open_line is not None else "no Require stands beside it",
                notes=(why,),
                help="write `Require local`"
                + (" instead" if open_line is not None else " into the section")
                + ", or `Require ip` with your own network",
            )
