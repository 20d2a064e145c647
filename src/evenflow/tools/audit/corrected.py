"""Copies of the nodes' files with the findings mended: only what a finding names is changed, letter by letter."""

from __future__ import annotations

import os
from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from evenflow.config.source import Source
from evenflow.config.syntax import Span
from evenflow.tools.audit.findings import Finding, SetAttribute, SetProperty
from evenflow.tools.audit.nodes import Node


def write_corrected(folder: str, nodes: Iterable[Node], findings: Iterable[Finding]) -> list[str]:
    """Write each node's changed files to FOLDER/NODE/; the paths that were written.

    Nothing that is there is overwritten: raises FileExistsError. Raises OSError. Hints are not followed.
    """
    wanted: dict[str, str] = {}
    certain = [finding for finding in findings if not finding.hint]
    for node in nodes:
        edits = [edit for finding in certain if finding.node is node for edit in finding.edits]
        attributes = [edit for edit in edits if isinstance(edit, SetAttribute)]
        properties = [edit for edit in edits if isinstance(edit, SetProperty)]
        if node.xml is not None and attributes:
            wanted[_place(folder, node, node.xml.source)] = correct_xml(node.xml.source, attributes)
        if node.start_up is not None and properties:
            wanted[_place(folder, node, node.start_up)] = correct_start_up(node, node.start_up, properties)
    there = [path for path in wanted if os.path.exists(path)]
    if there:
        raise FileExistsError(f"`{there[0]}` is there already")
    for path, text in wanted.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "x", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    return list(wanted)


def correct_xml(source: Source, edits: Iterable[SetAttribute]) -> str:
    """The file's text with the attributes as they should be; the last edit of an attribute counts."""
    lines = list(source.lines)
    last = {(id(edit.element), edit.name): edit for edit in edits}
    # From the end, so that places before stay where they are.
    for edit in sorted(last.values(), key=_where, reverse=True):
        span = edit.element.place(edit.name)
        line = lines[span.line - 1]
        start = span.column - 1
        if edit.name in edit.element.attributes:
            new = "" if edit.value is None else f"{edit.name}={quoteattr(edit.value)}"
            end = start + span.width
            if not new and start and line[start - 1] == " ":
                start -= 1
        elif edit.value is None:
            continue
        else:
            start = end = start + span.width
            new = f" {edit.name}={quoteattr(edit.value)}"
        lines[span.line - 1] = line[:start] + new + line[end:]
    return "\n".join(lines) + "\n"


def correct_start_up(node: Node, source: Source, edits: Iterable[SetProperty]) -> str:
    """The file's text with the switches as they should be: changed where they stand, else added at its end."""
    lines = list(source.lines)
    added = []
    batch = source.path.lower().endswith(".bat")
    last = {edit.name: edit for edit in edits}
    for edit in last.values():
        there = node.properties.get(edit.name)
        if there is not None and there.span.file == source.path:
            line = lines[there.span.line - 1]
            start = there.span.column - 1
            lines[there.span.line - 1] = f"{line[:start]}-D{edit.name}={edit.value}{line[start + there.span.width :]}"
        elif batch:
            added.append(f"set CATALINA_OPTS=-D{edit.name}={edit.value} %CATALINA_OPTS%")
        else:
            added.append(edit.line)
    return "\n".join(_with(lines, added)) + "\n"


def _with(lines: list[str], added: list[str]) -> list[str]:
    """New lines stand before the last `export` that would hand the variable on without them."""
    at = next(
        (number for number in range(len(lines) - 1, -1, -1) if lines[number].strip() == "export CATALINA_OPTS"), None
    )
    return [*lines, *added] if at is None else [*lines[:at], *added, *lines[at:]]


def _where(edit: SetAttribute) -> tuple[int, int]:
    span: Span = edit.element.place(edit.name)
    return span.line, span.column


def _place(folder: str, node: Node, source: Source) -> str:
    return os.path.join(folder, node.name, os.path.basename(source.path))
