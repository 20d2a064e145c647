"""What the compiler finds wrong, collected while it goes on.

Problems are the configuration room's `Diagnostic`s, pointing at the statement that said it. This file knows no
settings.
"""

from __future__ import annotations

from evenflow.config.diagnostics import ERROR, Diagnostic, error, used_at, warning
from evenflow.config.syntax import Span
from evenflow.origin import Origin


class Findings:
    """The diagnostics so far, in the order they were found; the same one at the same place counts once."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._known: set[Diagnostic] = set()

    @property
    def failed(self) -> bool:
        """Whether one of them is an error."""
        return any(diagnostic.severity == ERROR for diagnostic in self.diagnostics)

    def error(self, code: str, headline: str, origin: Origin, *, notes: tuple[str, ...] = (), help: str = "") -> None:
        self._add(used_at(error(code, headline, span_of(origin), notes=notes, help=help), origin.used))

    def warning(self, code: str, headline: str, origin: Origin, *, notes: tuple[str, ...] = (), help: str = "") -> None:
        self._add(used_at(warning(code, headline, span_of(origin), notes=notes, help=help), origin.used))

    def _add(self, diagnostic: Diagnostic) -> None:
        if diagnostic not in self._known:
            self._known.add(diagnostic)
            self.diagnostics.append(diagnostic)


class Refused(Exception):
    """Raised inside this room where one piece of a statement cannot be compiled; whoever holds the origin makes a
    finding of it."""

    def __init__(self, code: str, headline: str, *, notes: tuple[str, ...] = (), help: str = "") -> None:
        super().__init__(headline)
        self.code = code
        self.headline = headline
        self.notes = notes
        self.help = help

    def report(self, findings: Findings, origin: Origin) -> None:
        findings.error(self.code, self.headline, origin, notes=self.notes, help=self.help)


def span_of(origin: Origin) -> Span | None:
    """The place of a statement, None for what nobody wrote."""
    if not origin.file:
        return None
    return Span(origin.file, origin.line, 1, max(1, len(origin.text)))
