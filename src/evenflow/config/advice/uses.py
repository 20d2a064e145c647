"""Which paths go to which members: mappings and forwarding rules as one list.

Only what is certain: a rule's paths are known where its pattern or a condition on the URI is anchored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evenflow.config.checks.mappings import paths_and_mappings, patterns_and_mappings
from evenflow.config.checks.sticky import rule_start
from evenflow.config.checks.view import BalancerView, Server, flag, host_and_port, is_catch_all
from evenflow.config.directives.proxy import balancer_name
from evenflow.config.settings import UNSET, MappingLine, MemberLine, MemberParameters, RuleLine
from evenflow.origin import Origin

CONFLUENCE_PORT = 8090
SYNCHRONY_PORT = 8091


@dataclass(frozen=True, slots=True)
class Use:
    """`path` (a prefix, "/" for everything) is sent to `target`."""

    path: str
    target: str
    origin: Origin
    balancer: BalancerView | None
    mapping: MappingLine | None
    rule: RuleLine | None
    by_pattern: bool = False
    """The mapping takes what a pattern says; `path` is what each such path begins with."""

    @property
    def members(self) -> tuple[MemberLine, ...]:
        """The members of a balancer; for a plain URL one that stands for it."""
        if self.balancer is not None:
            return self.balancer.members
        authority = self.target.partition("://")[2].partition("/")[0]
        if balancer_name(self.target) is not None or not authority or authority[0] in "%$":
            return ()
        parameters = self.mapping.member if self.mapping is not None else MemberParameters()
        return (MemberLine("", self.target, parameters, self.origin),)

    @property
    def ports(self) -> set[int]:
        return {host_and_port(member.url)[1] for member in self.members}

    @property
    def target_path(self) -> str:
        """The path in the target's URL, "" for none."""
        rest = self.target.partition("://")[2]
        return rest[rest.index("/") :] if "/" in rest else ""


def uses(server: Server) -> Iterator[Use]:
    """Every mapping (but exclusions), and every `[P]` rule whose paths are certain."""
    for path, mapping in paths_and_mappings(server):
        if mapping.target != "!":
            yield Use(path or "/", mapping.target, mapping.origin, _balancer(server, mapping.target), mapping, None)
    for start, mapping in patterns_and_mappings(server):
        if mapping.target != "!" and start:
            balancer = _balancer(server, mapping.target)
            yield Use(start, mapping.target, mapping.origin, balancer, mapping, None, True)
    for rule in server.rules:
        if flag(rule, "P") and rule.substitution != "-":
            path = "/" if is_catch_all(rule) else rule_start(rule)
            if path:
                balancer = _balancer(server, rule.substitution)
                yield Use(path, rule.substitution, rule.origin, balancer, None, rule)
    for location in server.locations:
        if location.match == "prefix" and (server.engine or location.rewrite.engine is True):
            for rule in location.rewrite.rules or ():
                if flag(rule, "P") and rule.substitution != "-":
                    balancer = _balancer(server, rule.substitution)
                    yield Use(location.pattern, rule.substitution, rule.origin, balancer, None, rule)


def _balancer(server: Server, target: str) -> BalancerView | None:
    return server.balancers.get(balancer_name(target) or "")


def is_websocket(member: MemberLine) -> bool:
    """Whether tunnels may go to it."""
    upgrade = member.parameters.upgrade
    return member.url.lower().startswith(("ws://", "wss://")) or (upgrade is not UNSET and upgrade.lower() != "none")


def forwards_everything(server: Server) -> Use | None:
    """The first use that takes every path."""
    return next((use for use in uses(server) if use.path == "/"), None)
