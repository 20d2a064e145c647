"""Where the lines of a configuration stand, for whoever knows only what came of them.

An index over the tree as it was read: the statements of each section, includes and read-time sections opened. It finds
places and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from evenflow.config.parser import Tree
from evenflow.config.syntax import Included, Node, Section, Statement
from evenflow.control.explanation import Places
from evenflow.origin import NOWHERE, Origin

READ_TIME: Final = frozenset(("ifdefine", "ifmodule", "ifversion", "iffile", "ifdirective", "ifsection"))
"""Sections that are gone once a file is read: what stands in them stands where they stand."""


class Written(Places):
    """The lines of one configuration."""

    def __init__(self, tree: Tree) -> None:
        self.lines: dict[Origin, list[Statement]] = {NOWHERE: []}
        """The statements that stand directly in a section, by the section's place; the main server's under NOWHERE."""
        self.balancers: dict[str, list[Statement]] = {}
        """The statements that give a balancer parameters, in file order."""
        self._walk(tree.nodes, NOWHERE, "")

    def _walk(self, nodes: Iterable[Node], section: Origin, balancer: str) -> None:
        for node in nodes:
            if isinstance(node, Included):
                self._walk(node.children, section, balancer)
            elif isinstance(node, Section):
                if not node.taken:
                    continue
                if node.name.lower() in READ_TIME:
                    self._walk(node.children, section, balancer)
                    continue
                self.lines.setdefault(node.origin, [])
                first = node.words[0].text if node.words else ""
                self._walk(node.children, node.origin, named(first) if node.name.lower() == "proxy" else "")
            else:
                self.lines[section].append(node)
                name = node.name.lower()
                if name == "proxyset" and node.words:
                    said = named(node.words[0].text) or balancer
                elif name == "proxypass":
                    said = next((found for word in node.words if (found := named(word.text))), "")
                else:
                    continue
                if said:
                    self.balancers.setdefault(said, []).append(node)

    def inside(self, section: Origin) -> list[Origin]:
        return [statement.origin for statement in self.lines.get(section, ())]

    def said(self, names: tuple[str, ...], sections: list[Origin]) -> Origin:
        wanted = [name.lower() for name in names]
        for section in reversed(sections):
            for statement in reversed(self.lines.get(section, ())):
                if statement.name.lower() in wanted:
                    return statement.origin
        return NOWHERE

    def parameter(self, balancer: str, name: str) -> Origin:
        for statement in reversed(self.balancers.get(balancer, ())):
            if any(word.text.lower().startswith(name + "=") for word in statement.words):
                return statement.origin
        return NOWHERE


def named(url: str) -> str:
    """The balancer that a URL names, in lower case; "" for none."""
    if not url.lower().startswith("balancer://"):
        return ""
    return url[len("balancer://") :].partition("/")[0].lower()
