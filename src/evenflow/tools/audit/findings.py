"""What an audit finds, and the edit of a node's file that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evenflow.config.diagnostics import Diagnostic, Label, warning
from evenflow.config.syntax import Span
from evenflow.tools.audit.nodes import Node
from evenflow.tools.audit.server_xml import Element

HINT: Final = "it may be so on purpose: "
"""What the notes of a finding begin with that rests on what is usual, and does not count in the exit status."""


@dataclass(frozen=True, slots=True)
class SetAttribute:
    """Give an element of the server.xml an attribute; `value` None takes it away."""

    element: Element
    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class SetProperty:
    """Start the node with a system property."""

    name: str
    value: str

    @property
    def line(self) -> str:
        """What to write into setenv.sh."""
        return f'CATALINA_OPTS="-D{self.name}={self.value} ${{CATALINA_OPTS}}"'


Edit = SetAttribute | SetProperty


@dataclass(frozen=True, slots=True)
class Finding:
    """`hint` for what is only probable."""

    node: Node
    diagnostic: Diagnostic
    edits: tuple[Edit, ...] = ()
    hint: bool = False


def wrong_attribute(
    code: str, node: Node, element: Element, name: str, value: str | None, headline: str, *notes: str,
    also: tuple[Label, ...] = (), hint: bool = False,
) -> Finding:  # fmt: skip
    """An attribute that should have another value, or should not be there (None)."""
    if value is None:
        typed = f"remove `{name}` from the {element.name}"
    else:
        typed = f'write `{name}="{value}"` into the {element.name}'
    diagnostic = warning(code, headline, element.place(name), also=also, notes=_told(notes, hint), help=typed)
    return Finding(node, diagnostic, (SetAttribute(element, name, value),), hint)


def wrong_property(
    code: str, node: Node, name: str, value: str, headline: str, *notes: str,
    also: tuple[Label, ...] = (), hint: bool = False,
) -> Finding:  # fmt: skip
    """A system property that should be there, or have another value."""
    edit = SetProperty(name, value)
    place = place_of(node, name)
    if name in node.properties:
        typed = f"write `-D{name}={value}`"
    else:
        typed = f"write `{edit.line}` into the node's setenv.sh"
    return Finding(node, warning(code, headline, place, also=also, notes=_told(notes, hint), help=typed), (edit,), hint)


def place_of(node: Node, name: str) -> Span | None:
    """Where a property stands; without it the head of the file where it belongs, None where that was not given."""
    if name in node.properties:
        return node.properties[name].span
    return Span(node.start_up.path, 1, 1, 1) if node.start_up is not None else None


def _told(notes: tuple[str, ...], hint: bool) -> tuple[str, ...]:
    return (HINT + notes[0], *notes[1:]) if hint and notes else notes
