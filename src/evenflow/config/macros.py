"""Macro and Use: lines kept under a name, and brought in with other words in place of the parameters.

Follows mod_macro: parameters are replaced as plain text wherever they stand, the leftmost first and of several the
longest; names are compared without regard to case. A macro's lines go on where the Use stands, so that a section may be
opened by one macro and closed by another. This file knows lines, not what they say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from evenflow.config.diagnostics import Diagnostic, Label, Wrong, warning
from evenflow.config.lexer import LogicalLine, next_word, put_in_place
from evenflow.config.syntax import Section, Span, Statement, Use, Word
from evenflow.origin import Origin

PREFIXES: Final = "$%@"
"""How the names of parameters should begin, so that nothing else is replaced."""

MOST_LINES: Final = 1_000_000
"""How many lines macros may bring in altogether: macros that use macros grow without end."""


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro: its lines as written. `name` is as written too."""

    name: str
    parameters: tuple[Word, ...]
    lines: tuple[LogicalLine, ...]
    origin: Origin
    span: Span

    @property
    def known_as(self) -> str:
        """How httpd names it in its messages."""
        return f"macro '{self.name}' (defined on line {self.origin.line} of \"{self.origin.file}\")"


@dataclass(slots=True)
class Macros:
    """The macros at the point that the reader has come to, by lower-case name."""

    table: dict[str, Macro] = field(default_factory=dict)
    ever: bool = False
    """Whether there has been one at all: httpd says something else before the first."""
    lines: int = 0
    ignore_nesting: bool = False
    ignore_empty: bool = False

    def define(self, section: Section, lines: Sequence[LogicalLine]) -> Iterator[Diagnostic]:
        """Take over `<Macro NAME PARAMETER ...>`; answers what is doubtful about it."""
        macro = read_macro(section, lines)
        before = self.table.get(macro.name.lower())
        if before is not None:
            yield warning(
                "macro-redefined",
                f"the macro `{macro.name}` is defined again: from here on this is what it means",
                section.span,
                also=(Label(before.span, "it was defined here", primary=False),),
                help="give one of the two another name, or write `UndefMacro` between them",
            )
        self.ever = True
        self.table[macro.name.lower()] = macro
        yield from doubts(macro, ignore_nesting=self.ignore_nesting)

    def forget(self, statement: Statement) -> None:
        """`UndefMacro NAME`."""
        if len(statement.words) != 1:
            raise Wrong(
                "argument-count",
                f"`{statement.name}` takes the name of one macro",
                says=f"{statement.name} takes one argument, Remove a macro definition.",
            )
        self.find(statement.words[0], statement.name, "cannot remove undefined macro '{}'")
        del self.table[statement.words[0].text.lower()]

    def find(self, word: Word, directive: str, says: str) -> Macro:
        found = self.table.get(word.text.lower())
        if found is None:
            known = ", ".join(f"`{macro.name}`" for macro in self.table.values())
            raise Wrong(
                "macro-unknown",
                f"there is no macro `{word.text}`" + ("" if self.ever else ": none is defined above"),
                word.span,
                says=says.format(word.text.lower()) if self.ever else f"no macro defined before {directive}",
                help=f"the macros here are {known}" if known else f"write `<Macro {word.text}>` above this line",
            )
        return found

    def use(self, statement: Statement, outer: Use | None) -> tuple[list[LogicalLine], list[Diagnostic]]:
        """The lines that `Use NAME VALUE ...` brings in, and what is doubtful about it."""
        words = statement.words
        if not words or not words[0].text:
            raise Wrong(
                "argument-count",
                f"`{statement.name}` needs the name of a macro",
                says="no macro name specified with Use",
            )
        macro = self.find(words[0], statement.name, "macro '{}' undefined")
        around = outer
        while around is not None:
            if around.macro == macro.name.lower():
                raise Wrong(
                    "macro-recursive",
                    f"the macro `{macro.name}` uses itself",
                    words[0].span,
                    says=f"recursive use of macro '{words[0].text.lower()}' is invalid",
                )
            around = around.outer
        given, wanted = words[1:], macro.parameters
        if len(given) != len(wanted):
            named = " ".join(parameter.text for parameter in wanted)
            raise Wrong(
                "macro-arguments",
                f"the macro `{macro.name}` takes {_arguments(len(wanted))}, not {len(given)}",
                words[0].span,
                says=f"{macro.known_as} used with {len(given)} arguments instead of {len(wanted)}",
                help=f"write `{statement.name} {macro.name} {named}`, with your own words" if wanted else "",
            )
        doubtful = [
            warning("macro-argument-empty", f"`{parameter.text}` of the macro `{macro.name}` is empty here", value.span)
            for parameter, value in zip(wanted, given, strict=True)
            if not value.text and not self.ignore_empty
        ]
        self.lines += len(macro.lines)
        if self.lines > MOST_LINES:
            raise Wrong("macro-too-large", f"macros bring in more than {MOST_LINES} lines", words[0].span)
        use = Use(macro.name.lower(), statement.origin, statement.span, outer)
        return expand(macro, [value.text for value in given], use), doubtful


def read_macro(section: Section, lines: Sequence[LogicalLine]) -> Macro:
    """A macro with its parameters; Wrong where httpd refuses."""
    if not section.words or not section.words[0].text:
        raise Wrong(
            "section-argument-missing",
            "`<Macro>` needs a name",
            says="<Macro macro definition: empty name",
            help="write `<Macro NAME $parameter ...>`",
        )
    name, *parameters = section.words
    macro = Macro(name.text, tuple(parameters), tuple(lines), section.origin, section.span)
    lower = f"macro '{name.text.lower()}' (defined on line {section.origin.line} of \"{section.origin.file}\")"
    for number, parameter in enumerate(parameters, 1):
        if not parameter.text:
            raise Wrong(
                "value-malformed",
                "the name of a parameter is empty",
                parameter.span,
                says=f"{lower}: empty argument #{number} name",
            )
        for other, twin in enumerate(parameters[number:], number + 1):
            if twin.text == parameter.text:
                raise Wrong(
                    "macro-parameters",
                    f"two parameters have the same name, `{twin.text}`",
                    twin.span,
                    says=f"argument name conflict in {lower}: argument '{twin.text}': #{number} and #{other}, change "
                    "argument names!",
                )
    return macro


def doubts(macro: Macro, *, ignore_nesting: bool) -> Iterator[Diagnostic]:
    """What httpd warns of in a definition."""
    name = macro.name
    if name.startswith(tuple(PREFIXES)):
        yield warning(
            "macro-name",
            f"the name of the macro `{name}` looks like a parameter's",
            macro.span,
            help=f"write `<Macro {name.lstrip(PREFIXES)} ...>`",
        )
    for parameter in macro.parameters:
        if parameter.text[0] not in PREFIXES:
            yield warning(
                "macro-parameters",
                f"the parameter `{parameter.text}` is replaced in every word that contains it",
                parameter.span,
                help=f"name it `${parameter.text}`",
            )
    for number, parameter in enumerate(macro.parameters):
        for other in macro.parameters[number + 1 :]:
            if parameter.text.startswith(other.text) or other.text.startswith(parameter.text):
                yield warning(
                    "macro-parameters",
                    f"one of the parameters `{parameter.text}` and `{other.text}` begins like the other",
                    other.span,
                    notes=("where both would do, the longer one is replaced",),
                    help="give one of them another name",
                )
    if not macro.lines:
        yield warning("macro-empty", f"the macro `{name}` has no lines", macro.span)
    for parameter in macro.parameters:
        if macro.lines and not any(parameter.text in line.text for line in macro.lines):
            yield warning("macro-parameters", f"the parameter `{parameter.text}` is never used", parameter.span)
    depth = nesting(macro.lines)
    if depth and not ignore_nesting:
        yield warning(
            "macro-nesting",
            f"the macro `{name}` leaves {_sections(depth)}",
            macro.span,
            notes=("where it is used, another macro or the file itself must make up for that",),
        )


def nesting(lines: Sequence[LogicalLine]) -> int:
    """How many sections stay open (negative: are closed without having been opened)."""
    return sum(-1 if line.text.startswith("</") else 1 for line in lines if line.text.startswith("<"))


def _sections(depth: int) -> str:
    count = abs(depth)
    sections = "a section" if count == 1 else f"{count} sections"
    return f"{sections} open" if depth > 0 else f"{sections} closed that it has not opened"


def _arguments(count: int) -> str:
    return {0: "no arguments", 1: "one argument"}.get(count, f"{count} arguments")


def expand(macro: Macro, values: Sequence[str], use: Use) -> list[LogicalLine]:
    """The macro's lines with `values` in place of its parameters."""
    table = {parameter.text: value for parameter, value in zip(macro.parameters, values, strict=True)}
    longest_first = sorted(table, key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(text) for text in longest_first)) if table else None
    made: list[LogicalLine] = []
    for line in macro.lines:
        own = LogicalLine(line.file, line.number, line.text, line.written, line.runs, use)
        if pattern is not None:
            found = [(match.start(), match.end(), table[match[0]]) for match in pattern.finditer(line.text)]
            own = put_in_place(own, found) if found else own
        if own.text and not own.text.startswith("#"):
            made.append(own)
    return made


def opens_or_closes(text: str) -> int:
    """1 for the line `<Macro ...`, -1 for the `</Macro>` that ends one, 0 for any other."""
    if not text.startswith("<"):
        return 0
    return {"<macro": 1, "<macro>": 1, "</macro>": -1}.get(next_word(text, 0)[0].lower(), 0)
