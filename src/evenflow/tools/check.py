"""Every problem of a configuration: found by loading and building it as `serve` would, told as text or as JSON.

Nothing is opened that the configuration names beyond its own files, and nothing is started.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from evenflow.compiler.build import build
from evenflow.config.diagnostics import ERROR, Diagnostic
from evenflow.config.load import Loaded, load
from evenflow.config.render import render
from evenflow.config.syntax import Span

JSON_VERSION: Final = 1
"""Counts up when a field of the JSON changes its meaning or goes; new fields may come without it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one configuration."""

    file: str
    loaded: Loaded
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> int:
        return sum(diagnostic.severity == ERROR for diagnostic in self.diagnostics)

    @property
    def warnings(self) -> int:
        return len(self.diagnostics) - self.errors


def examine(file: str, defines: Mapping[str, str]) -> Found:
    """Load and build; a file that has errors is not built, its diagnostics are all there is to say."""
    loaded = load(file, defines)
    diagnostics = tuple(loaded.diagnostics)
    if loaded.settings is not None:
        diagnostics += tuple(build(loaded.settings).diagnostics)
    return Found(file, loaded, diagnostics)


def problems(found: Found, color: bool) -> str:
    """The diagnostics for people, each with its place and what to type; ends with a newline where there is one."""
    return render(found.diagnostics, found.loaded.sources, color)


def as_text(found: Found, color: bool) -> str:
    """The diagnostics and a last line that sums them up."""
    if not found.diagnostics:
        return f"{found.file}: no problems\n"
    return f"{problems(found, color)}\n{found.file}: {counted(found)}\n"


def counted(found: Found) -> str:
    """`2 errors, 1 warning`."""
    counts = [(found.errors, "error"), (found.warnings, "warning")]
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts if count)


def as_json(found: Found) -> str:
    """One JSON object for programs; lines and columns count from 1, widths in characters."""
    said = {
        "version": JSON_VERSION,
        "file": found.file,
        "errors": found.errors,
        "warnings": found.warnings,
        "diagnostics": [diagnostic_as_object(diagnostic) for diagnostic in found.diagnostics],
    }
    return json.dumps(said, indent=2)


def diagnostic_as_object(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "headline": diagnostic.headline,
        "place": place(diagnostic.span) if diagnostic.span is not None else None,
        "labels": [{**place(label.span), "text": label.text, "primary": label.primary} for label in diagnostic.labels],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
    }


def place(span: Span) -> dict[str, Any]:
    return {"file": span.file, "line": span.line, "column": span.column, "width": span.width}
