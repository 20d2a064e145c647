"""Diagnostics as text for people.

The text is readable without colour; colour only repeats what the marks say. It opens no file: the lines come from the
sources that were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from evenflow.config.diagnostics import ERROR, Diagnostic, Label, warning
from evenflow.config.known import ALL_IGNORED_BECAUSE
from evenflow.config.source import Source

TAB: Final = "    "

IGNORED: Final = "directive-ignored"
MANY: Final = 5
"""From so many on, ignored directives are told together."""

COLOURS: Final = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "hint": "\x1b[1;36m",
    "frame": "\x1b[1;34m",
    "bold": "\x1b[1m",
    "help": "\x1b[1;32m",
    "off": "\x1b[0m",
}


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], color: bool = False) -> str:
    """All of them, an empty line between two, a line end at the end; "" for none.

    Directives that are ignored for the same reason are told together where there are many.
    """
    return "\n".join(render_one(diagnostic, sources, color) for diagnostic in together(diagnostics))


def together(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """One warning in place of many that differ only in the name of an ignored directive; it stands at the first's
    place."""
    found = list(diagnostics)
    reasons: dict[str, list[Diagnostic]] = {}
    for diagnostic in found:
        if diagnostic.code == IGNORED and diagnostic.span is not None:
            reasons.setdefault(diagnostic.headline.partition(": ")[2], []).append(diagnostic)
    many = {reason: group for reason, group in reasons.items() if len(group) >= MANY and reason in ALL_IGNORED_BECAUSE}
    kept = []
    for diagnostic in found:
        reason = diagnostic.headline.partition(": ")[2] if diagnostic.code == IGNORED else ""
        if reason not in many:
            kept.append(diagnostic)
        elif diagnostic is many[reason][0]:
            kept.append(_told_together(many[reason], ALL_IGNORED_BECAUSE[reason]))
    return kept


def _told_together(group: list[Diagnostic], reason: str) -> Diagnostic:
    files: dict[str, list[str]] = {}
    for diagnostic in group:
        assert diagnostic.span is not None
        name = diagnostic.headline.split("`")[1]
        files.setdefault(diagnostic.span.file, []).append(f"`{name}` ({diagnostic.span.line})")
    notes = [f"{file}: {', '.join(names)}" for file, names in files.items()]
    return warning(IGNORED, f"{len(group)} directives are ignored: {reason}", None, notes=notes)


def render_one(diagnostic: Diagnostic, sources: Mapping[str, Source], color: bool = False) -> str:
    """One diagnostic: headline, place, the lines with marks below them, notes, help."""
    gutter = max((len(str(label.span.line)) for label in diagnostic.labels), default=1)
    kind = diagnostic.severity

    def paint(text: str, style: str) -> str:
        # The colours are ours; what stands between them is not.
        text = printable(text)
        return f"{COLOURS[style]}{text}{COLOURS['off']}" if color else text

    lines = [f"{paint(f'{kind}[{diagnostic.code}]', kind)}{paint(f': {diagnostic.headline}', 'bold')}"]
    for place, (path, labels) in enumerate(_by_file(diagnostic)):
        first = next((label for label in labels if label.primary), labels[0]).span
        arrow = "-->" if place == 0 else ":::"
        lines.append(f"{paint(' ' * gutter + arrow, 'frame')} {printable(path)}:{first.line}:{first.column}")
        lines.append(paint(" " * gutter + " |", "frame"))
        shown = 0
        for label in labels:
            span = label.span
            text, column, width = _show(sources, path, span.line, span.column, span.width)
            if span.line != shown:
                lines.append(f"{paint(f'{span.line:>{gutter}} |', 'frame')} {printable(text)}".rstrip())
                shown = span.line
            mark = ("^" if label.primary else "-") * width
            note = f" {label.text}" if label.text else ""
            lines.append(
                f"{paint(' ' * gutter + ' |', 'frame')} {' ' * column}"
                + paint(mark + note, kind if label.primary else "frame")
            )
    lines.extend(f"{paint(' ' * gutter + ' =', 'frame')} note: {printable(note)}" for note in diagnostic.notes)
    if diagnostic.help:
        lines.append(f"{paint('help', 'help')}: {printable(diagnostic.help)}")
    return "".join(line + "\n" for line in lines)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`; "" for none."""
    found = list(diagnostics)
    errors = sum(diagnostic.severity == ERROR for diagnostic in found)
    counts = ((errors, "error"), (len(found) - errors, "warning"))
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts if count)


def _by_file(diagnostic: Diagnostic) -> list[tuple[str, list[Label]]]:
    """The labels file by file, the primary one's file first, each in the order of the lines."""
    if diagnostic.span is None:
        return []
    files: dict[str, list[Label]] = {diagnostic.span.file: []}
    for label in diagnostic.labels:
        files.setdefault(label.span.file, []).append(label)
    return [
        (path, sorted(labels, key=lambda label: (label.span.line, label.span.column))) for path, labels in files.items()
    ]


def _line(sources: Mapping[str, Source], path: str, number: int) -> str:
    source = sources.get(path)
    return source.lines[number - 1] if source is not None and 0 < number <= len(source.lines) else ""


def _show(sources: Mapping[str, Source], path: str, number: int, column: int, width: int) -> tuple[str, int, int]:
    """The line with tabs widened, and where the mark stands in it: (text, blanks before the mark, its width)."""
    line = _line(sources, path, number)
    before, marked = line[: column - 1].replace("\t", TAB), line[column - 1 : column - 1 + width].replace("\t", TAB)
    return line.replace("\t", TAB), len(before), max(1, len(marked))


def printable(text: str) -> str:
    """Without control characters and undecodable bytes: a terminal must not obey a configuration file."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
