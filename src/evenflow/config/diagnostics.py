"""What is wrong with a configuration, as a value that can be collected, sorted, rendered and counted.

A `Diagnostic` names the problem (a code that stays the same), says it in one line, points at the text, and says what
to type. It knows nothing of colours, terminals or how it was found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from evenflow.config.syntax import Span
from evenflow.origin import Origin

ERROR: Final = "error"
"""The configuration cannot be used."""
WARNING: Final = "warning"
"""It can be used, and something in it does not do what it seems to."""
HINT: Final = "hint"
"""It may be so on purpose."""


@dataclass(frozen=True, slots=True)
class Label:
    """A place that a diagnostic points at.

    `primary` is the place of the problem itself; `text` stands beside the mark.
    """

    span: Span
    text: str = ""
    primary: bool = True


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem. `headline` has no full stop; `help` is what to type; `notes` say why it matters."""

    code: str
    severity: str
    headline: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str = ""

    @property
    def span(self) -> Span | None:
        """The place of the problem: the first primary label's, None where there is no file to point into."""
        for label in self.labels:
            if label.primary:
                return label.span
        return self.labels[0].span if self.labels else None


def error(
    code: str,
    headline: str,
    at: Span | None,
    label: str = "",
    *,
    also: Iterable[Label] = (),
    notes: Iterable[str] = (),
    help: str = "",
) -> Diagnostic:
    """An error that points at one place, and at `also` besides."""
    first = (Label(at, label),) if at is not None else ()
    return Diagnostic(code, ERROR, headline, (*first, *also), tuple(note for note in notes if note), help)


def warning(
    code: str,
    headline: str,
    at: Span | None,
    label: str = "",
    *,
    also: Iterable[Label] = (),
    notes: Iterable[str] = (),
    help: str = "",
) -> Diagnostic:
    """A warning that points at one place, and at `also` besides."""
    first = (Label(at, label),) if at is not None else ()
    return Diagnostic(code, WARNING, headline, (*first, *also), tuple(note for note in notes if note), help)


def used_at(diagnostic: Diagnostic, used: Origin | None) -> Diagnostic:
    """The same, pointing also at the `Use` lines that brought the statement in; itself where there are none."""
    labels = list(diagnostic.labels)
    while used is not None:
        label = Label(Span(used.file, used.line, 1, max(1, len(used.text))), "used here", primary=False)
        if label not in labels:
            labels.append(label)
        used = used.used
    return diagnostic if len(labels) == len(diagnostic.labels) else replace(diagnostic, labels=tuple(labels))


class Wrong(Exception):
    """Raised inside this room by the reader of an argument; `load` turns it into a `Diagnostic` at the statement.
    Nobody outside sees it.

    `at` is the span to point at, or None for the whole statement. `says` is httpd's own sentence, where it refuses
    too.
    """

    def __init__(
        self, code: str, headline: str, at: Span | None = None, *, says: str = "", note: str = "", help: str = ""
    ) -> None:
        super().__init__(headline)
        self.code = code
        self.headline = headline
        self.at = at
        self.says = says
        self.note = note
        self.help = help

    def diagnostic(self, whole: Span) -> Diagnostic:
        """The value that users see; `whole` is the statement's place."""
        notes = (self.note, f"httpd says: {self.says}" if self.says else "")
        return error(self.code, self.headline, self.at or whole, notes=notes, help=self.help)
