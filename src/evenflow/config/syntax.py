"""The tree as written: statements and sections, each with its place in the file.

Nothing is interpreted here: names keep their spelling, words are only split and unquoted. What a read-time section
leaves out is in the tree too, marked as not taken, so that formatters and checks see the whole file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from evenflow.origin import Origin


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one physical line. `line` and `column` count from 1; `width` counts characters and is at least 1."""

    file: str
    line: int
    column: int
    width: int


@dataclass(frozen=True, slots=True)
class Word:
    """One argument, unquoted and unescaped; its span covers the quotes."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a macro, for the lines that it brings in. `outer` is the use that brought in the Use line itself."""

    macro: str
    origin: Origin
    span: Span
    outer: Use | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One use of a directive.

    `name` is as written; `rest` is everything after it, variables replaced; `words` is `rest` split.
    """

    name: str
    name_span: Span
    rest: str
    words: tuple[Word, ...]
    span: Span
    origin: Origin


@dataclass(slots=True)
class Section:
    """A use of a directive that encloses. `name` is without brackets; `taken` is False where a read-time condition
    leaves it out.

    Not frozen: the parser fills it while the file goes on, and nobody changes it afterwards.
    """

    name: str
    name_span: Span
    rest: str
    words: tuple[Word, ...]
    span: Span
    origin: Origin
    children: list[Node] = field(default_factory=list)
    taken: bool = True
    closed_on: int = 0
    """The line of the closing tag; 0 for a section that is never closed."""


@dataclass(frozen=True, slots=True)
class Included:
    """What an Include or IncludeOptional brought in: one file's nodes, in place."""

    statement: Statement
    path: str
    children: list[Node] = field(default_factory=list)


Node = Statement | Section | Included


def statements(nodes: list[Node], *, taken: bool = True) -> Iterator[Statement | Section]:
    """Every statement and section below `nodes` in file order, includes opened; without those left out unless `taken`
    is False."""
    for node in nodes:
        if isinstance(node, Included):
            yield from statements(node.children, taken=taken)
            continue
        if isinstance(node, Section):
            if taken and not node.taken:
                continue
            yield node
            yield from statements(node.children, taken=taken)
        else:
            yield node
