"""Warnings that the file itself says it knows about.

`# evenflow: allow CODE` above a statement silences that warning for the statement (or for a section's opening line);
`# evenflow: allow-in-file CODE` for the file that it stands in. Several codes are parted by commas; a reason may follow
in parentheses. To httpd it is a comment. Errors are never silenced, and a comment that silences nothing is told, so
that none outlives its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from evenflow.config.diagnostics import WARNING, Diagnostic, warning
from evenflow.config.loaded import Loaded
from evenflow.config.syntax import Span, statements

COMMENT: Final = re.compile(r"^\s*#\s*evenflow:\s*(.*?)\s*$")
ALLOW: Final = re.compile(r"^(allow|allow-in-file)\s+([a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)(?:\s*\(.*\)?)?$")


@dataclass(frozen=True, slots=True)
class Allowed:
    """One code of one comment. `first` and `last` are the lines that it speaks of."""

    code: str
    first: int
    last: int
    span: Span


def silence(loaded: Loaded, diagnostics: Iterable[Diagnostic]) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """(what is still to be said, what the comments themselves do wrong)."""
    allowed: list[Allowed] = []
    wrong: list[Diagnostic] = []
    for path in loaded.sources:
        read_comments(loaded, path, allowed, wrong)
    if not allowed:
        return list(diagnostics), wrong
    kept: list[Diagnostic] = []
    used: set[Allowed] = set()
    for diagnostic in diagnostics:
        matching = [one for one in allowed if speaks_of(one, diagnostic)]
        used.update(matching)
        if not matching:
            kept.append(diagnostic)
    for one in allowed:
        if one not in used:
            wrong.append(
                warning(
                    "allow-unused",
                    f"`{one.code}` is allowed here, and nothing says it",
                    one.span,
                    help="remove it from the comment",
                )
            )
    return kept, wrong


def speaks_of(allowed: Allowed, diagnostic: Diagnostic) -> bool:
    """Whether this comment silences it."""
    span = diagnostic.span
    return (
        span is not None
        and diagnostic.severity == WARNING
        and diagnostic.code == allowed.code
        and span.file == allowed.span.file
        and allowed.first <= span.line <= allowed.last
    )


def read_comments(loaded: Loaded, path: str, allowed: list[Allowed], wrong: list[Diagnostic]) -> None:
    """Add the comments of one file."""
    lines = loaded.sources[path].lines
    found = [(number, match) for number, line in enumerate(lines, 1) if (match := COMMENT.match(line)) is not None]
    if not found:
        return
    ends = {
        node.span.line: max(node.span.line, node.origin.line)
        for node in statements(loaded.tree.nodes, taken=False)
        if node.span.file == path
    }
    for number, match in found:
        span = Span(path, number, match.start(1) + 1, max(1, len(match[1])))
        said = ALLOW.match(match[1])
        if said is None:
            wrong.append(
                warning(
                    "comment-not-understood",
                    f"`{match[1]}` says nothing to evenflow",
                    span,
                    help="write `# evenflow: allow CODE` above the line, or `# evenflow: allow-in-file CODE`",
                )
            )
            continue
        first, last = 1, len(lines)
        if said[1] == "allow":
            first = next((line for line in sorted(ends) if line > number), 0)
            last = ends.get(first, 0)
        allowed.extend(Allowed(code.strip(), first, last, span) for code in said[2].split(","))
