"""The balancer-manager: can it be reached, and by whom."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.checks.view import Places, Server, covers, line_of, location_mapping, rule_that_takes
from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.settings import UNSET, Block, RequireGroup, RequireLine
from evenflow.origin import Origin

MANAGER = "balancer-manager"


STATUS = "server-status"

OPEN = {
    MANAGER: ("manager-open-to-everyone", "may change the balancers", "the manager drains, disables and adds members"),
    STATUS: ("status-open-to-everyone", "sees how busy it is", "it shows members, their addresses and their traffic"),
}
"""Handlers that not everybody should reach: (code, what one may do, why it matters)."""


def handled(server: Server, handler: str) -> Iterator[Block]:
    """The server's own sections with this handler; one of the main server may be meant for another port."""
    for location in server.block.blocks:
        if location.kind == "location" and location.match == "prefix" and location.core.handler == handler:
            yield location


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
        if mapping.path is not None and covers(mapping.path, path):
            return None if mapping.target == "!" else mapping.origin
    return None


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
                requires = None
                break  # a pattern may or may not speak here
            if covers(location.pattern, manager.pattern):
                requires = location.access.requires
        else:
            open_line = next(
                (
                    line
                    for line in requires or ()
                    if isinstance(line, RequireLine) and (line.provider, *line.arguments) == ("all", "granted")
                ),
                None,
            )
            if requires is not None and open_line is None:
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
