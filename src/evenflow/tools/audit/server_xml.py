"""A Tomcat's server.xml: its elements, with the place of each attribute.

Read with expat and nothing behind it: a document type or an entity of its own is refused, so no file is opened and
nothing is expanded on its behalf. What is in a comment is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from evenflow.config.source import Source
from evenflow.config.syntax import Span

MOST: Final = 4 << 20
"""Characters; a server.xml has some ten thousand."""
ATTRIBUTE: Final = re.compile(r"""([^\s=<>/"']+)\s*=\s*("[^"]*"|'[^']*')""")


class Unreadable(Exception):
    """The file is not what it should be: `line` is where, 0 for all of it."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Attribute:
    """`span` covers the name, the sign and the value with its quotes."""

    name: str
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Element:
    """`within` names the elements around it, the outermost first; `span` covers `<` and the name."""

    name: str
    attributes: dict[str, Attribute]
    within: tuple[str, ...]
    span: Span

    def value(self, name: str, unsaid: str = "") -> str:
        """What an attribute says, or what holds where it is not said."""
        attribute = self.attributes.get(name)
        return unsaid if attribute is None else attribute.value

    def place(self, name: str) -> Span:
        """Where an attribute stands; the element itself where it is missing."""
        attribute = self.attributes.get(name)
        return self.span if attribute is None else attribute.span


@dataclass(frozen=True, slots=True)
class ServerXml:
    """Every element in the order of the file."""

    source: Source
    elements: tuple[Element, ...]

    def all(self, name: str) -> Iterator[Element]:
        """Every element of that name."""
        return (element for element in self.elements if element.name == name)

    @property
    def connectors(self) -> tuple[Element, ...]:
        """The connectors that speak HTTP in the clear: those a balancer in front ends TLS for."""
        return tuple(
            one for one in self.all("Connector")
            if "ajp" not in one.value("protocol").lower() and one.value("SSLEnabled").lower() != "true"
        )  # fmt: skip

    def valve(self, kind: str) -> Element | None:
        """The first valve of a class, which is named without its package."""
        return next((one for one in self.all("Valve") if one.value("className").rpartition(".")[2] == kind), None)


def read_server_xml(source: Source) -> ServerXml:
    """Raises Unreadable for what is not well-formed, for document types, and for what is no server.xml."""
    if sum(map(len, source.lines)) > MOST:
        raise Unreadable(f"it has more than {MOST >> 20} MiB: that is no server.xml")
    elements: list[Element] = []
    open_names: list[str] = []
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise Unreadable("it has a document type or entities of its own, which are not read", parser.CurrentLineNumber)

    def start(name: str, attributes: dict[str, str]) -> None:
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber
        places = _places(source, line, column, len(name))
        elements.append(
            Element(
                name,
                {
                    key: Attribute(key, value, places.get(key, Span(source.path, line, column + 1, len(name) + 1)))
                    for key, value in attributes.items()
                },
                tuple(open_names),
                Span(source.path, line, column + 1, len(name) + 1),
            )
        )
        open_names.append(name)

    def end(name: str) -> None:
        open_names.pop()

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse("\n".join(source.lines).encode("utf-8", "surrogateescape"), True)
    except expat.ExpatError as fault:
        raise Unreadable(f"it is not well-formed XML: {expat.ErrorString(fault.code)}", fault.lineno) from None
    if not elements or elements[0].name != "Server":
        raise Unreadable("its outermost element is not `Server`: that is no server.xml", 1)
    return ServerXml(source, tuple(elements))


def _places(source: Source, line: int, column: int, name: int) -> dict[str, Span]:
    """Where the attributes of the tag that begins there stand; attributes may be on lines of their own."""
    places: dict[str, Span] = {}
    at = column + 1 + name
    while line <= len(source.lines):
        text = source.lines[line - 1]
        found = ATTRIBUTE.search(text, at)
        stop = _tag_end(text, at)
        while found is not None and (stop < 0 or found.start() < stop):
            places.setdefault(found[1], Span(source.path, line, found.start() + 1, len(found[0])))
            at = found.end()
            found = ATTRIBUTE.search(text, at)
            stop = _tag_end(text, at)
        if stop >= 0:
            break
        line, at = line + 1, 0
    return places


def _tag_end(text: str, at: int) -> int:
    """Where the tag's `>` stands, outside of quotes; -1 for not in this line."""
    quote = ""
    for place in range(at, len(text)):
        letter = text[place]
        if quote:
            if letter == quote:
                quote = ""
        elif letter in "\"'":
            quote = letter
        elif letter == ">":
            return place
    return -1
