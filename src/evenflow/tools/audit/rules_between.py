"""What must be the same on every node, and what must not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evenflow.config.diagnostics import Label, warning
from evenflow.tools.audit.findings import Finding, place_of
from evenflow.tools.audit.nodes import Node
from evenflow.tools.audit.server_xml import Element

OWN = frozenset({"port", "address", "jvmRoute"})
"""Attributes that may differ."""
OWN_PROPERTIES = (
    "confluence.cluster.node.name",
    "synchrony.bind",
    "synchrony.cluster.bind",
    "synchrony.cluster.interfaces",
    "synchrony.port",
)
"""Properties that are a node's own."""
SHARED = ("synchrony", "confluence", "http", "reza")
"""What the others begin with that are compared."""
KEYS = ("jwt.private.key", "jwt.public.key")


def check_routes(nodes: Sequence[Node]) -> Iterator[Finding]:
    """Two nodes with one jvmRoute."""
    seen: dict[str, Node] = {}
    for node in nodes:
        if not node.route or node.engine is None:
            continue
        first = seen.setdefault(node.route, node)
        if first is node or first.engine is None:
            continue
        yield Finding(
            node,
            warning(
                "jvm-route-twice",
                f"`{first.name}` and `{node.name}` have the same jvmRoute `{node.route}`",
                node.engine.place("jvmRoute"),
                also=(Label(first.engine.place("jvmRoute"), first.name, False),),
                notes=("a balancer that sticks by it sends both nodes' sessions to one of them",),
                help="give each node a route of its own, and the BalancerMember the same",
            ),
        )


def check_attributes(nodes: Sequence[Node], connectors: Sequence[Element | None]) -> Iterator[Finding]:
    """Connectors that are not alike: a session that moves then meets another application."""
    there = [(node, one) for node, one in zip(nodes, connectors, strict=True) if one is not None]
    for node, one in there[1:]:
        first_node, first = there[0]
        for name in sorted((first.attributes.keys() | one.attributes.keys()) - OWN):
            if first.value(name).lower() == one.value(name).lower():
                continue
            yield Finding(
                node,
                warning(
                    "nodes-differ",
                    f"`{name}` is {_shown(one, name)} on `{node.name}`, and {_shown(first, name)} on "
                    f"`{first_node.name}`",
                    one.place(name),
                    also=(Label(first.place(name), first_node.name, False),),
                    notes=("what a person sees then depends on the node",),
                    help="make the nodes alike",
                ),
            )


def check_properties(nodes: Sequence[Node]) -> Iterator[Finding]:
    """System properties that are not alike."""
    there = [node for node in nodes if node.properties]
    for node in there[1:]:
        first = there[0]
        for name in sorted(first.properties.keys() | node.properties.keys()):
            if name in KEYS and not (name in first.properties and name in node.properties):
                continue
            if name not in KEYS and (not name.startswith(SHARED) or name.startswith(OWN_PROPERTIES)):
                continue
            if _value(first, name) == _value(node, name):
                continue
            if name in KEYS:
                # Lines with keys in them are not shown.
                headline = f"`{name}` differs between `{node.name}` and `{first.name}`"
                note = "a token that one node signs is refused by the other's Synchrony (401)"
                told = warning("synchrony-keys-differ", headline, None, notes=(note,), help="give both the same key")
            else:
                headline = (
                    f"`{name}` is {_value(node, name)} on `{node.name}`, and {_value(first, name)} on `{first.name}`"
                )
                said = first.properties.get(name)
                also = (Label(said.span, first.name, False),) if said is not None else ()
                note = "what a person sees then depends on the node"
                place = place_of(node, name)
                told = warning("nodes-differ", headline, place, also=also, notes=(note,), help="make the nodes alike")
            yield Finding(node, told)


def _value(node: Node, name: str) -> str:
    said = node.properties.get(name)
    return f"`{said.value}`" if said is not None else "not said"


def _shown(element: Element, name: str) -> str:
    return f"`{element.value(name)}`" if name in element.attributes else "not said"
