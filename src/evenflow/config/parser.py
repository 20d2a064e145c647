"""Reads a file and what it includes into a tree, deciding at once what httpd decides while it reads.

That is: variables, Define and UnDefine, Include, LoadModule, ServerRoot, Error, macros, and the read-time sections
(IfModule, IfDefine, IfVersion, IfFile, IfDirective, IfSection). Sections must balance in each file. What the other
directives mean is not known here.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from evenflow.config.arguments import count_words
from evenflow.config.defines import OURS, Environment, Names, module_identifier
from evenflow.config.diagnostics import Diagnostic, Label, Wrong, error, used_at, warning
from evenflow.config.includes import included_files
from evenflow.config.known import known_directive
from evenflow.config.lexer import (
    BLANKS,
    LONGEST,
    LogicalLine,
    logical_lines,
    next_word,
    replace_variables,
    split_words,
)
from evenflow.config.macros import Macros, opens_or_closes
from evenflow.config.source import Source, read_source
from evenflow.config.syntax import Included, Node, Section, Span, Statement, Use, Word
from evenflow.origin import Origin

DEPTH: Final = 128
"""How deep includes may go."""

NESTING: Final = 100
"""How deep sections may go, included files counted with the sections around their Include."""

VERSION: Final = (2, 4, 71)
"""The httpd that IfVersion is told we are."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A file as written, with everything that it includes."""

    nodes: list[Node]
    sources: Mapping[str, Source]
    diagnostics: tuple[Diagnostic, ...]
    names: Names
    server_root: str
    server_root_origin: Origin | None
    too_deep: bool
    """Sections nest deeper than `NESTING`, and nobody should walk through them."""


def parse(
    path: str,
    defines: Mapping[str, str],
    environment: Environment,
    server_root: str,
    read: Callable[[str], Source] = read_source,
) -> Tree:
    """Read a configuration. Never raises for what a file says; a file that cannot be opened is a diagnostic too.

    A file without LoadModule lines is read as if everything that we do were loaded. Whether it has one is only known
    when it has been read, so a file that asks before it loads is read twice.
    """
    given: dict[str, str | None] = {name: value or None for name, value in defines.items()}
    reader = Reader(Names(dict(given), environment), server_root, read)
    reader.file(path, reader.nodes, None)
    if reader.names.loads and reader.names.asked_before_loading:
        reader = Reader(Names(given, environment, strict=True), server_root, read)
        reader.file(path, reader.nodes, None)
    return Tree(
        reader.nodes,
        reader.sources,
        tuple(reader.diagnostics),
        reader.names,
        reader.server_root,
        reader.server_root_origin,
        reader.too_deep,
    )


@dataclass(slots=True)
class Reader:
    """One run over a configuration."""

    names: Names
    server_root: str
    read: Callable[[str], Source]
    nodes: list[Node] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    server_root_origin: Origin | None = None
    depth: int = 0
    halted: bool = False
    """Includes went too deep: no more of them, or two in one file would never end."""
    nesting: int = 0
    too_deep: bool = False
    macros: Macros = field(default_factory=Macros)
    waiting: list[Iterator[LogicalLine]] = field(default_factory=list)
    """Where the lines of the file being read come from: the file, and on top of it the macros in use."""
    use: Use | None = None
    """The use of a macro that brought in the line being read."""

    def file(self, path: str, nodes: list[Node], included_by: Span | None) -> None:
        """Read one file into `nodes`."""
        try:
            source = self.sources.get(path) or self.read(path)
        except OSError as fault:
            reason = fault.strerror or str(fault)
            self.diagnostics.append(
                error(
                    "file-not-readable",
                    f"`{path}` cannot be read: {reason}",
                    included_by,
                    notes=(f"httpd says: Could not open configuration file {path}: {reason}",),
                )
            )
            return
        except ValueError as fault:  # a NUL in the name
            self.diagnostics.append(error("file-not-readable", f"`{path}` cannot be read: {fault}", included_by))
            return
        zero = next((number for number, text in enumerate(source.lines, 1) if "\0" in text), 0)
        if zero:
            self.diagnostics.append(
                error(
                    "file-not-text",
                    f"`{path}` is no text: there is a zero byte in line {zero}",
                    included_by,
                    notes=("a file that an editor saved as UTF-16 is full of them",),
                    help="save it as plain text (UTF-8), or name another file",
                )
            )
            return
        self.sources[path] = source
        outside, self.waiting = self.waiting, [logical_lines(source)]
        outer_use, self.use = self.use, None
        open_sections: list[Section] = []
        idle = 0  # how many of the open sections are left out, or stand in one that is
        for line in self.lines():
            if len(line.text) > LONGEST:
                self.report(
                    error(
                        "line-too-long",
                        f"a line may be {LONGEST} characters long, and this one is {len(line.text)}",
                        line.span(0, 1),
                        notes=(f"httpd says: Error reading {path} at line {line.number}: Line too long",),
                    )
                )
                continue
            if not idle:
                line, missing = replace_variables(line, self.names.value)
                for name, span in missing:
                    self.undefined(name, span)
                if not line.text:
                    continue
            here = open_sections[-1].children if open_sections else nodes
            if line.text.startswith("</"):
                self.close(line, open_sections)
                left_out = next((depth for depth, section in enumerate(open_sections) if not section.taken), None)
                idle = 0 if left_out is None else len(open_sections) - left_out
            elif not idle and opens_or_closes(line.text) > 0 and self.names.is_loaded("macro_module"):
                here.append(self.macro(line))
            elif line.text.startswith("<"):
                opened = self.open(line, idle)
                here.append(opened)
                open_sections.append(opened)
                if self.nesting + len(open_sections) > NESTING and not self.too_deep:
                    self.too_deep = True
                    self.report(
                        error("section-too-deep", f"sections stand more than {NESTING} deep in each other", line.whole)
                    )
                if idle or not opened.taken:
                    idle += 1
            else:
                statement = make_statement(line)
                here.append(statement)
                if not idle:
                    self.nesting += len(open_sections)
                    self.obey(statement, here)
                    self.nesting -= len(open_sections)
        self.end_of_file(open_sections)
        self.waiting, self.use = outside, outer_use

    def lines(self) -> Iterator[LogicalLine]:
        """The file's lines, and where it uses a macro the macro's."""
        while self.waiting:
            line = next(self.waiting[-1], None)
            if line is None:
                self.waiting.pop()
                continue
            self.use = line.use
            yield line
        self.use = None

    def report(self, diagnostic: Diagnostic) -> None:
        """Say it, and where the macro is used if it is a macro's line that is spoken of."""
        self.diagnostics.append(used_at(diagnostic, self.use.origin if self.use is not None else None))

    # --- macros ---------------------------------------------------------------------------------------------------

    def macro(self, line: LogicalLine) -> Section:
        """Read a macro up to its closing tag. It is in the tree with its lines as they are written, and not taken."""
        section = self.open(line, 1)
        section.taken = False
        body: list[LogicalLine] = []
        depth = 1
        for inner in self.lines():
            depth += opens_or_closes(inner.text)
            if not depth:
                section.closed_on = inner.number
                break
            body.append(inner)
        else:
            self.report(
                error(
                    *_never_closed(section),
                    section.span,
                    notes=("httpd says: contents error: expected token not found: </Macro>",),
                    help="write `</Macro>` where the macro ends",
                )
            )
            return section
        section.children.extend(make_statement(inner) for inner in body)
        if not line.text.endswith(">"):
            self.bracket_missing("<Macro>", line)
            return section
        try:
            for diagnostic in self.macros.define(section, body):
                self.report(diagnostic)
        except Wrong as wrong:
            self.report(wrong.diagnostic(section.span))
        return section

    # --- sections -------------------------------------------------------------------------------------------------

    def open(self, line: LogicalLine, idle: int) -> Section:
        text = line.text
        # a blank behind the bracket leaves no name
        name_text, _, end, after = next_word(text[1:], 0) if text[1:2].strip() else ("", 0, 0, 0)
        end, after = end + 1, after + 1
        bracket = text.rfind(">")
        stop = bracket
        if bracket < 0:
            stop = len(text)
            if not idle:
                self.bracket_missing(f"<{name_text}>", line)
        if ">" in name_text and bracket < end:
            name_text = text[1:bracket]
            end = after = bracket
        rest = text[after:stop].strip(BLANKS) if stop > after else ""
        words = split_words(line, after, max(after, stop))
        section = Section(
            name_text,
            line.span(0, max(end, 1)),
            rest,
            words,
            line.whole,
            line.origin,
            [],
            True,
        )
        if idle:
            return section
        condition = CONDITIONS.get(name_text.lower())
        if condition is None:
            return section
        try:
            section.taken = condition(self, section)
        except Wrong as wrong:
            self.report(wrong.diagnostic(section.span))
        return section

    def bracket_missing(self, tag: str, line: LogicalLine) -> None:
        self.report(
            error(
                "bracket-missing",
                f"`{line.text}` has no closing `>`",
                line.whole,
                notes=(f"httpd says: {tag} directive missing closing '>'",),
                help=f"write `{line.text}>`",
            )
        )

    def close(self, line: LogicalLine, open_sections: list[Section]) -> None:
        """Close the innermost section of this name; what is open inside it is missing its own closing tag.

        httpd reads one word, and nothing behind it.
        """
        tag, _, _, after = next_word(line.text, 0)
        if not tag.endswith(">") and open_sections:
            self.bracket_missing(f"{tag}>", line)
            tag = line.text[:after] + line.text[after:].split(">", 1)[0].strip(BLANKS)
        name = tag[2:].removesuffix(">")
        wanted = name.lower()
        behind = line.text[after:].strip(BLANKS)
        if behind and behind != ">" and tag.endswith(">"):
            self.report(
                warning(
                    "argument-ignored",
                    f"`{behind}` behind the closing tag is not read",
                    line.span(after, len(line.text)),
                )
            )
        for depth, section in enumerate(reversed(open_sections)):
            if section.name.lower() != wanted:
                continue
            for inner in open_sections[len(open_sections) - depth :][::-1]:
                self.not_closed(inner, (name, line.whole))
            del open_sections[len(open_sections) - depth - 1 :]
            section.closed_on = line.number
            return
        if open_sections:
            inner = open_sections[-1]
            self.report(
                error(
                    "section-mismatch",
                    f"`</{name}>` closes nothing: the open section is `<{inner.name}>`, from line {inner.origin.line}",
                    line.whole,
                    also=(Label(inner.span, "opened here", primary=False),),
                    notes=(f"httpd says: Expected </{inner.name}> but saw </{name}>",),
                    help=f"write `</{inner.name}>`, or remove the line",
                )
            )
            if difflib.SequenceMatcher(None, wanted, inner.name.lower()).ratio() > 0.7:
                # a misspelt closing tag closes, or every line behind it would be in the wrong place
                inner.closed_on = line.number
                open_sections.pop()
        else:
            self.report(
                error(
                    "section-not-open",
                    f"`</{name}>` closes a section that was never opened in this file",
                    line.whole,
                    notes=(f"httpd says: </{name}> without matching <{name}> section",),
                    help="remove the line, or open the section above it",
                )
            )

    def not_closed(self, section: Section, seen: tuple[str, Span]) -> None:
        """A section whose closing tag is missing before that of what is around it."""
        self.report(
            error(
                *_never_closed(section),
                section.span,
                also=(Label(seen[1], "this closes what is around it", primary=False),),
                notes=(f"httpd says: Expected </{section.name}> but saw </{seen[0]}>",),
                help=f"write `</{section.name}>` where the section ends",
            )
        )

    def end_of_file(self, open_sections: list[Section]) -> None:
        """What is still open where the file ends. httpd lets a read-time section run to the end, with what is in it."""
        left_out = any(not section.taken for section in open_sections)
        for depth, section in reversed(list(enumerate(open_sections))):
            where, help = section.span, f"write `</{section.name}>` where the section ends"
            around = (outer.name.lower() in CONDITIONS for outer in open_sections[: depth + 1])
            if not left_out and any(around):
                note = "httpd takes the end of the file for its end"
                self.report(warning(*_never_closed(section), where, notes=(note,), help=help))
                continue
            says = f"Expected </{section.name}> before end of configuration"
            if not left_out:
                says = f"<{section.name}> was not closed."
            self.report(error(*_never_closed(section), where, notes=(f"httpd says: {says}",), help=help))

    # --- statements that act while reading ------------------------------------------------------------------------

    def obey(self, statement: Statement, here: list[Node]) -> None:
        act = ACTS.get(statement.name.lower())
        if act is None:
            return
        try:
            act(self, statement, here)
        except Wrong as wrong:
            self.report(wrong.diagnostic(statement.span))

    def undefined(self, name: str, span: Span) -> None:
        self.report(
            warning(
                "undefined-variable",
                f"`${{{name}}}` is not defined, neither here nor in the environment",
                span,
                notes=("httpd leaves the text as it stands, and so do we (AH00111)",),
                help=f"write `Define {name} VALUE` above, or start with the environment variable {name} set",
            )
        )

    def include(self, statement: Statement, here: list[Node], *, optional: bool) -> None:
        pattern = count_words(statement, 1, 1, "takes one argument")[0].text
        if self.halted:
            return
        if self.depth >= DEPTH:
            self.halted = True
            raise Wrong(
                "include-too-deep",
                f"files include each other more than {DEPTH} deep",
                says=f"Exceeded maximum include depth of {DEPTH}, There appears to be a recursion.",
                help="look for a file that includes itself",
            )
        try:
            files = included_files(pattern, self.server_root, optional=optional)
        except ValueError as fault:
            raise Wrong("include-not-found", f"`{pattern}` is not a file name: {fault}") from fault
        for path in files:
            included = Included(statement, path)
            here.append(included)
            self.depth += 1
            self.file(path, included.children, statement.span)
            self.depth -= 1


def make_statement(line: LogicalLine) -> Statement:
    name, start, end, after = next_word(line.text, 0)
    return Statement(
        name,
        line.span(start, end),
        line.text[after:].strip(BLANKS),
        split_words(line, after, len(line.text)),
        line.whole,
        line.origin,
    )


def _never_closed(section: Section) -> tuple[str, str]:
    """Code and headline."""
    return "section-not-closed", f"`{section.origin.text}` opened on line {section.origin.line} is never closed"


# --- what acts while reading --------------------------------------------------------------------------------------


def _define(reader: Reader, statement: Statement, here: list[Node]) -> None:
    words = count_words(statement, 1, 2, "takes 1-2 arguments")
    reader.names.values[_variable(words[0])] = words[1].text if len(words) == 2 else None


def _undefine(reader: Reader, statement: Statement, here: list[Node]) -> None:
    reader.names.values.pop(_variable(count_words(statement, 1, 1, "takes one argument")[0]), None)


def _variable(word: Word) -> str:
    if ":" in word.text:
        raise Wrong(
            "value-malformed",
            f"a variable's name may not hold a colon: `{word.text}`",
            word.span,
            says="Variable name must not contain ':'",
            note="`${map:key}` is RewriteMap's",
        )
    return word.text


def _include(reader: Reader, statement: Statement, here: list[Node]) -> None:
    reader.include(statement, here, optional=False)


def _include_optional(reader: Reader, statement: Statement, here: list[Node]) -> None:
    reader.include(statement, here, optional=True)


def _server_root(reader: Reader, statement: Statement, here: list[Node]) -> None:
    reader.server_root = count_words(statement, 1, 1, "takes one argument")[0].text
    reader.server_root_origin = statement.origin


def _load_module(reader: Reader, statement: Statement, here: list[Node]) -> None:
    words = count_words(statement, 2, 2, "takes two arguments")
    reader.names.load(words[0].text)


def _error(reader: Reader, statement: Statement, here: list[Node]) -> None:
    words = statement.words
    if not words:
        raise Wrong("error-directive", "`Error` without a text", says="The Error directive was used with no message.")
    # one quoted word is unquoted; anything else is shown as it stands
    text = words[0].text if len(words) == 1 else statement.rest
    raise Wrong("error-directive", text, says=text)


def _use(reader: Reader, statement: Statement, here: list[Node]) -> None:
    if not reader.names.is_loaded("macro_module"):
        return
    lines, doubtful = reader.macros.use(statement, reader.use)
    for diagnostic in doubtful:
        reader.report(diagnostic)
    reader.waiting.append(iter(lines))


def _undef_macro(reader: Reader, statement: Statement, here: list[Node]) -> None:
    if reader.names.is_loaded("macro_module"):
        reader.macros.forget(statement)


def _macro_flags(reader: Reader, statement: Statement, here: list[Node]) -> None:
    """MacroIgnoreBadNesting and MacroIgnoreEmptyArgs: what is not to be warned of from here on."""
    if statement.name.lower() == "macroignorebadnesting":
        reader.macros.ignore_nesting = True
    else:
        reader.macros.ignore_empty = True


ACTS: Final[dict[str, Callable[[Reader, Statement, list[Node]], None]]] = {
    "define": _define,
    "undefine": _undefine,
    "include": _include,
    "includeoptional": _include_optional,
    "serverroot": _server_root,
    "loadmodule": _load_module,
    "error": _error,
    "use": _use,
    "undefmacro": _undef_macro,
    "macroignorebadnesting": _macro_flags,
    "macroignoreemptyargs": _macro_flags,
}


# --- read-time sections -------------------------------------------------------------------------------------------


def _asked(section: Section) -> tuple[str, bool]:
    """The section's argument without `!`, and whether it is wanted."""
    if not section.words or not section.words[0].text:
        raise Wrong(
            "argument-count",
            f"`<{section.name}>` needs an argument",
            says=f"<{section.name}> directive requires additional arguments",
        )
    text = section.words[0].text
    return (text[1:], False) if text.startswith("!") else (text, True)


def _if_module(reader: Reader, section: Section) -> bool:
    name, wanted = _asked(section)
    identifier = module_identifier(name)
    loaded = reader.names.is_loaded(name)
    if wanted and not loaded and identifier in reader.names.loads and identifier not in OURS:
        reader.report(
            warning(
                "module-not-supported",
                f"`<{section.name} {name}>` is left out: `{identifier}` is loaded, and evenflow does not have it",
                section.span,
                notes=("httpd acts on what the section says",),
                help="remove the section, or put it into `<IfModule !evenflow_module>` if only httpd is to read it",
            )
        )
    return loaded is wanted


def _if_define(reader: Reader, section: Section) -> bool:
    name, wanted = _asked(section)
    return (name in reader.names.values) is wanted


def _if_file(reader: Reader, section: Section) -> bool:
    name, wanted = _asked(section)
    try:
        return os.path.exists(os.path.join(reader.server_root, name)) is wanted
    except ValueError:
        return not wanted


def _if_directive(reader: Reader, section: Section) -> bool:
    name, wanted = _asked(section)
    return _has(reader, name) is wanted


def _if_section(reader: Reader, section: Section) -> bool:
    name, wanted = _asked(section)
    return _has(reader, "<" + name) is wanted


def _has(reader: Reader, name: str) -> bool:
    found = known_directive(name)
    return found is not None and found.module in reader.names.modules


VERSION_SAYS: Final = (
    "Version appears to be invalid. It must have the format major[.minor[.patch]] where major, minor and patch are "
    "numbers."
)


def _if_version(reader: Reader, section: Section) -> bool:
    words = section.words
    if not 1 <= len(words) <= 2:
        raise Wrong(
            "argument-count",
            f"`<{section.name}>` takes an operator and a version, or a version",
            says=f"<{section.name}> directive missing closing '>'" if words else VERSION_SAYS,
            help=f"write for example `<{section.name} >= 2.4>`",
        )
    operator = words[0].text if len(words) == 2 else "="
    number = words[-1].text
    wanted = True
    if operator.startswith("!") and len(operator) > 1:
        operator, wanted = operator[1:], False
    if operator == "~" or (
        operator in ("=", "==") and number.startswith("/") and number.endswith("/") and len(number) > 1
    ):
        try:
            return bool(re.search(number.strip("/"), ".".join(map(str, VERSION)))) is wanted
        except re.error as fault:
            raise Wrong(
                "value-malformed", f"`{number}` is not a regular expression: {fault}", words[-1].span
            ) from fault
    if operator not in ("=", "==", ">", ">=", "<", "<="):
        raise Wrong(
            "value-not-allowed",
            f"`{operator}` is not one of `= > >= < <= ~`",
            words[0].span,
            says=f"unrecognized operator '{operator}'",
        )
    parts = number.removesuffix(".").split(".")
    if (
        not all(part.isascii() and part.isdigit() for part in parts)
        or len(parts) > 3
        or any(len(part) > 9 for part in parts)
    ):
        raise Wrong(
            "value-malformed",
            f"`{number}` is not a version: write it like `2.4.57`",
            words[-1].span,
            says=VERSION_SAYS,
        )
    # what is not written counts as 0, as in httpd
    asked = tuple(int(part) for part in parts) + (0,) * (3 - len(parts))
    answers = {
        "=": asked == VERSION,
        "==": asked == VERSION,
        ">": asked < VERSION,
        ">=": asked <= VERSION,
        "<": asked > VERSION,
        "<=": asked >= VERSION,
    }
    return answers[operator] is wanted


CONDITIONS: Final[dict[str, Callable[[Reader, Section], bool]]] = {
    "ifmodule": _if_module,
    "ifdefine": _if_define,
    "ifversion": _if_version,
    "iffile": _if_file,
    "ifdirective": _if_directive,
    "ifsection": _if_section,
}
