"""Files to nodes: which belong to one Tomcat, and what each of them says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

from evenflow.config.diagnostics import Diagnostic, error
from evenflow.config.source import Source, read_source
from evenflow.config.syntax import Span
from evenflow.tools.audit.server_xml import Element, ServerXml, Unreadable, read_server_xml
from evenflow.tools.audit.start_up import Property, read_start_up, read_stored

KNOWN: Final = "server.xml, setenv.sh, setenv.bat or confluence.cfg.xml"
USUAL: Final = re.compile(r"(server\.xml|setenv\.(sh|bat)|confluence\.cfg\.xml)$", re.IGNORECASE)


@dataclass(slots=True)
class Node:
    """One Tomcat, as far as its files were given. `name` is its folder's."""

    name: str
    xml: ServerXml | None = None
    properties: dict[str, Property] = field(default_factory=dict)
    start_up: Source | None = None
    """Where a line for a new property belongs."""

    @property
    def engine(self) -> Element | None:
        return next(self.xml.all("Engine"), None) if self.xml is not None else None

    @property
    def route(self) -> str:
        return self.engine.value("jvmRoute") if self.engine is not None else ""

    def connector(self, ports: Iterable[int]) -> Element | None:
        """The connector that the balancer's members name, else the only one that there is."""
        if self.xml is None:
            return None
        wanted = {str(port) for port in ports}
        found = [one for one in self.xml.connectors if one.value("port") in wanted]
        if not found and not wanted and len(self.xml.connectors) == 1:
            found = list(self.xml.connectors)
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Nodes:
    """All that was read, what could not be, and the sources for showing lines."""

    nodes: tuple[Node, ...]
    problems: tuple[Diagnostic, ...]
    sources: dict[str, Source]


def read_nodes(paths: Iterable[str]) -> Nodes:
    """Read files, and folders for the files below them that have a known name. Never raises for what stands in one."""
    nodes: dict[str, Node] = {}
    problems: list[Diagnostic] = []
    sources: dict[str, Source] = {}
    for path in _files(paths, problems):
        try:
            source = read_source(path)
        except OSError as fault:
            problems.append(error("file-unreadable", f"`{path}` cannot be read: {fault.strerror}", None))
            continue
        sources[path] = source
        node = nodes.setdefault(_home(path), Node(""))
        try:
            _add(node, source)
        except Unreadable as fault:
            place = Span(path, fault.line, 1, 1) if fault.line else None
            shown = f"`{path}`: {fault}" if place is None else str(fault)
            problems.append(error("file-not-understood", shown, place))
    names = _names(list(nodes))
    for home, node in nodes.items():
        node.name = names[home]
    return Nodes(tuple(node for node in nodes.values() if node.xml or node.properties), tuple(problems), sources)


def _files(paths: Iterable[str], problems: list[Diagnostic]) -> list[str]:
    found: dict[str, None] = {}
    for path in paths:
        if not os.path.isdir(path):
            found[path] = None
            continue
        below = sorted(
            os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names if _kind(name)
        )
        if not below:
            problems.append(
                error("file-unreadable", f"below `{path}` there is no {KNOWN}", None, help="name the files themselves")
            )
        found.update(dict.fromkeys(below))
    return list(found)


def _kind(path: str) -> str:
    """`xml`, `start-up`, `stored`, or "" for what nobody here reads."""
    name = os.path.basename(path).lower()
    if name.endswith("confluence.cfg.xml"):
        return "stored"
    if name.endswith(".xml"):
        return "xml" if name.endswith("server.xml") else ""
    return "start-up" if name.endswith(("setenv.sh", "setenv.bat")) else ""


def _add(node: Node, source: Source) -> None:
    kind = _kind(source.path)
    if kind == "xml":
        if node.xml is not None:
            raise Unreadable("a second server.xml of one node: put each node's files into a folder of its own")
        node.xml = read_server_xml(source)
    elif kind == "start-up":
        node.start_up = source
        node.properties.update(read_start_up(source))
    elif kind == "stored":
        # The command line is stronger than what Confluence has stored.
        node.properties = read_stored(source) | node.properties
    else:
        raise Unreadable(f"what it is cannot be told by its name: it should be {KNOWN}")


def _home(path: str) -> str:
    """The node's folder: without the `conf` or `bin` in which Tomcat keeps the file. Files that lie together are told
    apart by what stands before the usual name: `node1-server.xml`, `node1-setenv.sh`.
    """
    pure = PurePath(os.path.abspath(path))
    folder = pure.parent.parent if pure.parent.name in ("conf", "bin") else pure.parent
    usual = USUAL.search(pure.name)
    before = pure.name[: usual.start()].strip("-_.") if usual is not None else ""
    return str(folder / before)


def _names(homes: list[str]) -> dict[str, str]:
    """The shortest endings of the folders that tell them apart."""
    for length in range(1, 1 + max((len(PurePath(home).parts) for home in homes), default=0)):
        names = {home: "/".join(PurePath(home).parts[-length:]) for home in homes}
        if len(set(names.values())) == len(homes):
            return names
    return {home: home for home in homes}
