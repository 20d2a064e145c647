"""Every problem of a configuration: found by loading and building it as `serve` would, told as text or as JSON.

Beyond the configuration's own files only certificates and keys are read, and ChrootDir is looked into. Nothing is
written and nothing is started, and nobody is asked but for names, if that is wanted.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from evenflow.compiler.build import build
from evenflow.compiler.findings import Findings
from evenflow.config.advice import advise
from evenflow.config.diagnostics import ERROR, Diagnostic
from evenflow.config.load import Loaded, load
from evenflow.config.render import printable, render, summary
from evenflow.config.silence import silence
from evenflow.config.syntax import Span
from evenflow.control.console import place as console
from evenflow.plan.model import Plan
from evenflow.serve import error_format
from evenflow.serve.access_log import check_formats
from evenflow.serve.member_tls import check_members
from evenflow.serve.tls import check_certificates
from evenflow.tools.certificates import check_shown
from evenflow.tools.enclosed import check_enclosed

JSON_VERSION: Final = 1
"""Counts up when a field of the JSON changes its meaning or goes; new fields may come without it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one configuration."""

    file: str
    loaded: Loaded
    diagnostics: tuple[Diagnostic, ...]
    hints: tuple[str, ...] = ()
    """What could be installed for it; nothing is wrong without."""

    @property
    def errors(self) -> int:
        return sum(diagnostic.severity == ERROR for diagnostic in self.diagnostics)

    @property
    def warnings(self) -> int:
        return len(self.diagnostics) - self.errors


def examine(file: str, defines: Mapping[str, str], *, advice: bool = False, names: bool = False) -> Found:
    """Load and build; a file that has errors is not built, its diagnostics are all there is to say. With `advice` what
    experience says of it too, and which `# evenflow: allow` comments silence nothing. With `names` those of members are
    asked for."""
    loaded = load(file, defines)
    diagnostics = list(loaded.diagnostics)
    hints: tuple[str, ...] = ()
    if loaded.settings is not None:
        built = build(loaded.settings)
        diagnostics += built.diagnostics
        if built.plan is not None:
            diagnostics += ahead(built.plan)
            hints = hinted(built.plan)
            if names:
                from evenflow.tools.names import check_names

                diagnostics += check_names(built.plan)
        if advice:
            diagnostics += advise(loaded)
            diagnostics += check_shown(loaded, datetime.datetime.now(datetime.UTC))
            diagnostics += check_enclosed(loaded)
    kept, comments = silence(loaded, diagnostics)
    if advice and loaded.settings is not None:
        kept += comments
    return Found(file, loaded, tuple(kept), hints)


def hinted(plan: Plan) -> tuple[str, ...]:
    """What could be installed for this plan."""
    if plan.managed and not console.possible():
        return ("the balancer-manager has a page for people: type `pip install 'evenflow[manager]'` to have it",)
    return ()


def ahead(plan: Plan) -> tuple[Diagnostic, ...]:
    """What `serve` would stop at before it opens anything: certificates that cannot be used, formats that nobody can
    read."""
    findings = Findings()
    for origin, message in (*check_certificates(plan), *check_members(plan)):
        findings.error("certificate-unusable", message, origin)
    for origin, message in (*check_formats(plan), *error_format.check_formats(plan)):
        findings.error("log-format-unknown", message, origin)
    return tuple(findings.diagnostics)


def problems(found: Found, color: bool) -> str:
    """The diagnostics for people, each with its place and what to type; ends with a newline where there is one."""
    return render(found.diagnostics, found.loaded.sources, color)


def as_text(found: Found, color: bool) -> str:
    """The diagnostics and a last line that sums them up."""
    beside = found.loaded.envvars
    note = f"{found.file}: names that the environment does not give come from {beside}\n" if beside else ""
    note += "".join(f"{found.file}: {hint}\n" for hint in found.hints)
    if not found.diagnostics:
        return f"{note}{found.file}: no problems\n"
    return f"{problems(found, color)}\n{note}{found.file}: {counted(found)}\n"


def counted(found: Found) -> str:
    """`2 errors, 1 warning`."""
    return summary(found.diagnostics)


def as_json(found: Found) -> str:
    """One JSON object for programs; lines and columns count from 1, widths in characters."""
    said = {
        "version": JSON_VERSION,
        "file": found.file,
        "errors": found.errors,
        "warnings": found.warnings,
        "diagnostics": [diagnostic_as_object(diagnostic) for diagnostic in found.diagnostics],
        "hints": list(found.hints),
    }
    return json.dumps(said, indent=2)


def diagnostic_as_object(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "headline": printable(diagnostic.headline),
        "place": place(diagnostic.span) if diagnostic.span is not None else None,
        "labels": [
            {**place(label.span), "text": printable(label.text), "primary": label.primary}
            for label in diagnostic.labels
        ],
        "notes": [printable(note) for note in diagnostic.notes],
        "help": printable(diagnostic.help),
    }


def place(span: Span) -> dict[str, Any]:
    return {"file": printable(span.file), "line": span.line, "column": span.column, "width": span.width}
