"""All rules over all nodes, and what was found as text or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from evenflow.config.diagnostics import HINT, Diagnostic
from evenflow.config.load import load
from evenflow.config.render import render_one
from evenflow.config.source import Source
from evenflow.tools.audit import rules_between, rules_connector, rules_node
from evenflow.tools.audit.findings import Finding
from evenflow.tools.audit.front import Front, from_configuration, from_url
from evenflow.tools.audit.nodes import Node, read_nodes
from evenflow.tools.check import diagnostic_as_object

JSON_VERSION: Final = 1
"""Counts up when a field of the JSON changes its meaning or goes."""


@dataclass(frozen=True, slots=True)
class Audited:
    """`problems` are files that could not be read; with any of them the rest may be wrong."""

    front: Front | None
    nodes: tuple[Node, ...]
    problems: tuple[Diagnostic, ...]
    findings: tuple[Finding, ...]
    sources: dict[str, Source]

    @property
    def certain(self) -> int:
        """How many findings are more than hints."""
        return sum(not finding.hint for finding in self.findings)


class Unusable(Exception):
    """The balancer's side cannot be used; the text says what to type."""


def audit(paths: Iterable[str], balancer: str | None, url: str | None, defines: Mapping[str, str]) -> Audited:
    """Look at the nodes' files beside the balancer's configuration, the public `url`, or neither. Raises Unusable."""
    read = read_nodes(paths)
    ports = [
        int(one.value("port"))
        for node in read.nodes
        if node.xml is not None
        for one in node.xml.connectors
        if one.value("port").isdecimal()
    ]
    sources = dict(read.sources)
    front = None
    if balancer is not None:
        loaded = load(balancer, defines)
        if loaded.settings is None:
            raise Unusable(f"`{balancer}` has errors: type `evenflow check {balancer}`")
        sources.update(loaded.sources)
        front, why = from_configuration(loaded, ports)
        if front is None:
            # The nodes' ports may be the fault that is looked for.
            front = from_configuration(loaded, ())[0]
        if front is None and url is None:
            raise Unusable(why)
    if url is not None:
        try:
            said = from_url(url)
        except ValueError as fault:
            raise Unusable(str(fault)) from None
        front = Front(said.scheme, said.host, said.port, said.path, front.balancer if front is not None else None)
    findings = tuple(_as_hint(one) if one.hint else one for one in find(read.nodes, front))
    return Audited(front, read.nodes, read.problems, findings, sources)


def _as_hint(finding: Finding) -> Finding:
    return replace(finding, diagnostic=replace(finding.diagnostic, severity=HINT))


def find(nodes: tuple[Node, ...], front: Front | None) -> Iterator[Finding]:
    """Node by node, and then what holds between them."""
    connectors = [rules_node.connector_of(node, front) for node in nodes] if front is not None else []
    for order, (node, connector) in enumerate(zip(nodes, connectors, strict=False)):
        assert front is not None
        if connector is not None:
            yield from rules_connector.check_scheme(node, connector, front)
            yield from rules_connector.check_valve(node, connector, front)
            yield from rules_connector.check_valve_port(node, connector, front)
            yield from rules_connector.check_name(node, connector, front)
            yield from rules_connector.check_redirect_port(node, connector, front)
            yield from rules_connector.check_threads(node, connector, front, order)
            yield from rules_connector.check_head(node, connector, front)
            yield from rules_connector.check_encodings(node, connector, front)
            yield from rules_connector.check_slashes(node, connector, front)
            yield from rules_connector.check_kept(node, connector, front, order)
            port = rules_connector.number(connector, "port", 0)
            yield from rules_node.check_route(node, port, front, order)
        if front.balancer is not None:
            yield from rules_node.check_port(node, front.balancer.application.ports, front)
        yield from rules_node.check_context(node, front)
        yield from rules_node.check_internal_proxy(node, front)
        yield from rules_node.check_service_url(node, front)
        yield from rules_node.check_synchrony(node, front)
        yield from rules_node.check_outgoing(node, front)
    yield from rules_between.check_routes(nodes)
    if front is None:
        connectors = [node.xml.connectors[0] if node.xml and node.xml.connectors else None for node in nodes]
    yield from rules_between.check_attributes(nodes, connectors)
    yield from rules_between.check_properties(nodes)


def as_text(audited: Audited, color: bool) -> str:
    """Each finding with its lines, and a last line that sums up."""
    lines = [render_one(one, audited.sources, color) for one in audited.problems]
    lines += [render_one(finding.diagnostic, audited.sources, color) for finding in audited.findings]
    hints = len(audited.findings) - audited.certain
    names = ", ".join(node.name for node in audited.nodes) or "no node"
    where = f" behind {audited.front.url}" if audited.front is not None else ""
    counts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((len(audited.problems), "error"), (audited.certain, "warning"), (hints, "hint"))
        if count
    ]
    return "\n".join([*lines, f"{names}{where}: {', '.join(counts) or 'nothing found'}\n"])


def as_json(audited: Audited) -> str:
    """One JSON object for programs."""
    front = audited.front
    said: dict[str, Any] = {
        "version": JSON_VERSION,
        "front": front.url if front is not None else None,
        "nodes": [node.name for node in audited.nodes],
        "problems": [diagnostic_as_object(one) for one in audited.problems],
        "findings": [
            {"node": one.node.name, "hint": one.hint, "mended": bool(one.edits), **diagnostic_as_object(one.diagnostic)}
            for one in audited.findings
        ],
    }
    return json.dumps(said, indent=2)
