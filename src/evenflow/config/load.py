"""From a file's name to settings, or to everything that is wrong with it.

The one entrance of this room: parse the tree, write the settings statement by statement, run the checks. A bad file is
never an exception; each problem is a `Diagnostic`, and all of them come in one run. Nothing is looked up or opened but
configuration files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from evenflow.config.contexts import SERVER, Context, refusal, where_allowed
from evenflow.config.defines import OURS, Names
from evenflow.config.diagnostics import ERROR, Diagnostic, Wrong, error, warning
from evenflow.config.known import Known, known_directive
from evenflow.config.parser import CONDITIONS, Tree, parse
from evenflow.config.registry import DIRECTIVES, nearest
from evenflow.config.scope import Draft
from evenflow.config.sections import SECTIONS
from evenflow.config.settings import Settings
from evenflow.config.source import Source, read_source
from evenflow.config.syntax import Included, Node, Section, Span, Statement
from evenflow.origin import NOWHERE

SHOWN: Final = 3
"""How many uses of a refused directive are shown."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a file.

    `settings` is None if there is an error among the `diagnostics`; `sources` are for rendering them.
    """

    path: str
    settings: Settings | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]
    tree: Tree

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity == ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity != ERROR)


def load(
    path: str,
    defines: Mapping[str, str] = {},
    *,
    environment: Mapping[str, str] | None = None,
    server_root: str | None = None,
    read: Callable[[str], Source] = read_source,
) -> Loaded:
    """Read a configuration file with all that it includes.

    `defines` are the names of `-D`; `environment` is the process's own unless given. `server_root` is where relative
    paths start until the file says ServerRoot: the file's directory unless given. Never raises for what stands in a
    file.
    """
    root = server_root if server_root is not None else os.path.dirname(path)
    tree = parse(path, defines, os.environ if environment is None else environment, root, read)
    writer = Writer(tree.names)
    main = Draft("server", "prefix", "", NOWHERE, SERVER, "", None, [])
    if not tree.too_deep:
        writer.nodes(tree.nodes, main)
    writer.finish()
    diagnostics = [*tree.diagnostics, *writer.diagnostics, *main.reports]
    settings = None
    if not any(diagnostic.severity == ERROR for diagnostic in diagnostics):
        absolute = os.path.abspath(tree.server_root or ".")
        main.put("core", "server_root", absolute)
        settings = Settings(main.finish(), absolute, tree.names.modules, tuple(tree.sources))
    loaded = Loaded(path, settings, tuple(in_file_order(diagnostics, tree.sources)), tree.sources, tree)
    if settings is None:
        return loaded
    # here and not above: the checks look at what this function returns
    from evenflow.config.checks import run_checks

    found = [*diagnostics, *run_checks(loaded)]
    return Loaded(path, settings, tuple(in_file_order(found, tree.sources)), tree.sources, tree)


def in_file_order(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> list[Diagnostic]:
    """By file (in the order they were read), line and column; what has no place comes first."""
    files = {path: place for place, path in enumerate(sources)}

    def key(diagnostic: Diagnostic) -> tuple[int, int, int]:
        span = diagnostic.span
        return (-1, 0, 0) if span is None else (files.get(span.file, len(files)), span.line, span.column)

    return sorted(diagnostics, key=key)


class Writer:
    """Writes settings from a tree. It collects what is wrong; it keeps nothing else."""

    def __init__(self, names: Names) -> None:
        self.modules = names.modules
        self.has_loads = bool(names.loads)
        self.diagnostics: list[Diagnostic] = []
        self.ignored: set[str] = set()
        self.refused: dict[str, list[Diagnostic]] = {}
        """Directives that we cannot act on, by name with every use: one message for each is enough."""

    def nodes(self, nodes: list[Node], draft: Draft) -> None:
        """Write what these nodes say into `draft`."""
        for node in nodes:
            if isinstance(node, Included):
                self.nodes(node.children, draft)
            elif isinstance(node, Section):
                self.section(node, draft)
            else:
                self.statement(node, draft)

    def statement(self, statement: Statement, draft: Draft) -> None:
        row = DIRECTIVES.get(statement.name.lower())
        known = known_directive(statement.name)
        if row is None:
            self.not_ours(statement.name, known, statement.name_span, statement, draft)
            return
        if known is not None and not self.is_loaded(known):
            self.not_loaded(row.name, known, statement.name_span)
            return
        try:
            if draft.place not in row.contexts:
                raise misplaced(row.name, row.contexts, draft, statement.name_span)
            row.action(draft, statement, row.arguments(statement))
        except Wrong as wrong:
            self.diagnostics.append(wrong.diagnostic(statement.span))

    def section(self, section: Section, draft: Draft) -> None:
        if not section.taken:
            return
        name = section.name.lower()
        if name in CONDITIONS:
            self.nodes(section.children, draft)
            return
        row = SECTIONS.get(name)
        known = known_directive("<" + name)
        if row is None:
            self.not_ours(f"<{section.name}>", known, section.name_span, section, draft)
            return
        if known is not None and not self.is_loaded(known):
            self.not_loaded(f"<{row.name}>", known, section.name_span)
            return
        try:
            if draft.place not in row.contexts:
                raise misplaced(f"<{row.name}>", row.contexts, draft, section.name_span)
            inner = row.open(draft, section)
        except Wrong as wrong:
            self.diagnostics.append(wrong.diagnostic(section.span))
            return
        self.nodes(section.children, inner)
        draft.blocks.append(inner)

    def finish(self) -> None:
        """Say of each refused directive once, with all its places."""
        for uses in self.refused.values():
            first = uses[0]
            shown = [label for use in uses[:SHOWN] for label in use.labels]
            more = (f"and {len(uses) - SHOWN} more times",) if len(uses) > SHOWN else ()
            self.diagnostics.append(replace(first, labels=tuple(shown), notes=(*first.notes, *more)))

    def is_loaded(self, known: Known | None) -> bool:
        """Whether the directive exists in this configuration; without LoadModule lines every one of ours does."""
        return known is None or known.module in self.modules

    def not_loaded(self, name: str, known: Known, span: Span) -> None:
        module = known.source.removesuffix(".c")
        self.refuse(
            name,
            error(
                "module-not-loaded",
                f"`{name}` belongs to `{known.module}`, which no LoadModule line loads",
                span,
                notes=(invalid_command(name),),
                help=f"write `LoadModule {known.module} modules/{module}.so` above, or remove all LoadModule lines",
            ),
        )

    def refuse(self, name: str, diagnostic: Diagnostic) -> None:
        self.refused.setdefault(name.lower(), []).append(diagnostic)

    def not_ours(self, name: str, known: Known | None, span: Span, node: Statement | Section, draft: Draft) -> None:
        """A directive or section without a row: known and to be ignored, known and not possible yet, or unknown."""
        bare = name.strip("<>")
        if known is None:
            near = nearest(name.rstrip(">"))
            shown = f"{near}>" if near and near.startswith("<") else near
            self.diagnostics.append(
                error(
                    "unknown-directive",
                    f"`{name}` is not a {'section' if name.startswith('<') else 'directive'} of httpd",
                    span,
                    notes=(invalid_command(name),),
                    help=f"did you mean `{shown}`?" if shown else "",
                )
            )
            return
        if self.has_loads and known.module in OURS and known.module not in self.modules:
            self.not_loaded(name, known, span)
            return
        if draft.place not in known.contexts:
            self.diagnostics.append(
                misplaced(known.name + (">" if name.startswith("<") else ""), known.contexts, draft, span).diagnostic(
                    span
                )
            )
            return
        if known.ignorable:
            if bare.lower() in self.ignored:
                return
            self.ignored.add(bare.lower())
            why = {
                "tuning": "it tunes httpd's own processes, and no answer depends on it",
                "local": "it concerns files that are served from this machine, not what is proxied",
            }[known.ignorable]
            self.diagnostics.append(warning("directive-ignored", f"`{name}` is ignored: {why}", span))
            return
        noun = "section" if name.startswith("<") else "directive"
        self.refuse(
            name,
            error(
                "directive-not-supported",
                f"evenflow does not act on `{name}` yet, a {noun} of `{known.source.removesuffix('.c')}`",
                span,
                notes=("an answer could differ from httpd's if it were ignored",),
                help="remove it, or put it into `<IfModule !evenflow_module>` for httpd alone",
            ),
        )


def invalid_command(name: str) -> str:
    """httpd's sentence for what it does not know."""
    return (
        f"httpd says: Invalid command '{name.rstrip('>')}', perhaps misspelled or defined by a module not included in "
        "the server configuration"
    )


def misplaced(name: str, contexts: Context, draft: Draft, span: Span) -> Wrong:
    """The fault for a directive in the wrong place."""
    bare = name.rstrip(">") if name.startswith("<") else name
    here = f"`<{draft.section}>`" if draft.place is not SERVER else "the main server"
    places = where_allowed(contexts)
    return Wrong(
        "wrong-context",
        f"`{name}` may not stand in {here}",
        span,
        says=refusal(bare, contexts, draft.place, draft.section),
        help=f"move it into {places}",
    )
