"""From the tree to drafts: finds each statement's row and lets it act, and says what of the rest is not possible.

It knows rows, contexts and modules; what a directive does stands in its row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from evenflow.config.arguments import flag, surplus
from evenflow.config.contexts import SERVER, Context, refusal, where_allowed
from evenflow.config.defines import OURS, Names
from evenflow.config.diagnostics import Diagnostic, Wrong, error, used_at, warning
from evenflow.config.known import ALSO, IGNORED_BECAUSE, INSTEAD, MODULES, Known, known_directive
from evenflow.config.parser import CONDITIONS
from evenflow.config.reasons import REASONS, stranger
from evenflow.config.registry import DIRECTIVES, nearest
from evenflow.config.scope import Draft
from evenflow.config.sections import SECTIONS
from evenflow.config.syntax import Included, Node, Section, Span, Statement

SHOWN: Final = 3
"""How many uses of a refused directive are shown."""

BYTE_ORDER_MARK: Final = "\ufeff"


class Writer:
    """Writes settings from a tree. It collects what is wrong; it keeps nothing else."""

    def __init__(self, names: Names) -> None:
        self.modules = names.modules
        self.has_loads = bool(names.loads)
        self.strangers = [identifier for identifier in names.loads if identifier not in MODULES.values()]
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
        reads = draft.main.reads
        if reads is not None:
            statement = replace(statement, origin=replace(statement.origin, reads=reads))
        if statement.origin.used is None:
            self.row(statement, draft)
            return
        # a macro's line: what is wrong with it is shown with the place that uses it
        said, reported = len(self.diagnostics), len(draft.reports)
        self.row(statement, draft)
        for collected, start in ((self.diagnostics, said), (draft.reports, reported)):
            collected[start:] = [used_at(diagnostic, statement.origin.used) for diagnostic in collected[start:]]

    def row(self, statement: Statement, draft: Draft) -> None:
        """Let the directive's row act, or say why it cannot."""
        row = DIRECTIVES.get(statement.name.lower())
        known = known_directive(statement.name)
        if row is None:
            self.not_ours(statement.name, known, statement.name_span, statement, draft)
            return
        if known is not None and not self.is_loaded(known):
            self.not_loaded(row.name, known, statement.name_span)
            return
        try:
            barred = draft.barred(row.contexts)
            if barred is not None:
                raise misplaced(row.name, row.contexts, barred, statement.name_span)
            row.action(draft, statement, row.arguments(statement))
            # httpd reads the first word of a flag and nothing behind it
            behind = surplus(statement) if row.arguments is flag else None
            if behind is not None:
                self.diagnostics.append(behind)
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
            barred = draft.barred(row.contexts)
            if barred is not None:
                raise misplaced(f"<{row.name}>", row.contexts, barred, section.name_span)
            reads = draft.main.reads
            if reads is not None:
                section = replace(section, origin=replace(section.origin, reads=reads))
            inner = row.open(draft, section)
        except Wrong as wrong:
            self.diagnostics.append(used_at(wrong.diagnostic(section.span), section.origin.used))
            return
        self.nodes(section.children, inner)
        if inner.conditions is not draft.conditions:
            self.end(inner)
        try:
            row.close(draft, inner, section)
        except Wrong as wrong:
            self.diagnostics.append(wrong.diagnostic(section.span))

    def finish(self, main: Draft) -> None:
        """Say what can only be said at the end: of each refused directive once, with all its places."""
        self.end(main)
        for uses in self.refused.values():
            first = uses[0]
            shown = [label for use in uses[:SHOWN] for label in use.labels]
            more = (f"and {len(uses) - SHOWN} more times",) if len(uses) > SHOWN else ()
            self.diagnostics.append(replace(first, labels=tuple(shown), notes=(*first.notes, *more)))

    def end(self, draft: Draft) -> None:
        """Say what is left over where a section ends: RewriteCond lines that no RewriteRule follows."""
        for condition, span in draft.conditions:
            self.diagnostics.append(
                warning(
                    "condition-without-rule",
                    f"`{condition.origin.text}` has no effect: no RewriteRule follows it here",
                    span,
                    help="write the RewriteRule that it belongs to below it, in the same section",
                )
            )

    def is_loaded(self, known: Known | None) -> bool:
        """Whether the directive exists in this configuration; without LoadModule lines every one of ours does."""
        return known is None or known.module in self.modules or ALSO.get(known.name.lower()) in self.modules

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
            near = nearest(name.rstrip(">").lstrip(BYTE_ORDER_MARK))
            foreign = stranger(name, near)
            if foreign is not None:
                near = None
            shown = f"{near}>" if near and near.startswith("<") else near
            notes = [invalid_command(name)]
            if name.startswith(BYTE_ORDER_MARK):
                notes = [
                    "the file begins with a byte order mark, which is no part of the language: save it without one"
                ]
            elif self.strangers:
                modules = ", ".join(f"`{identifier}`" for identifier in self.strangers)
                notes.append(f"it may belong to {modules}, which evenflow does not have")
            if foreign is not None:
                notes.append(f"it looks like one of {foreign[0]}, which evenflow does not have")
            self.diagnostics.append(
                error(
                    "unknown-directive",
                    f"`{name}` is not a {'section' if name.startswith('<') else 'directive'} of httpd",
                    span,
                    notes=notes,
                    help=f"did you mean `{shown}`?" if shown else foreign[1] if foreign else "",
                )
            )
            return
        if self.has_loads and known.module in OURS and known.module not in self.modules:
            self.not_loaded(name, known, span)
            return
        barred = draft.barred(known.contexts)
        if barred is not None:
            shown = known.name + (">" if name.startswith("<") else "")
            self.diagnostics.append(misplaced(shown, known.contexts, barred, span).diagnostic(span))
            return
        if known.ignorable:
            if bare.lower() in self.ignored:
                return
            self.ignored.add(bare.lower())
            why = IGNORED_BECAUSE[known.ignorable]
            self.diagnostics.append(warning("directive-ignored", f"`{name}` is ignored: {why}", span))
            return
        noun = "section" if name.startswith("<") else "directive"
        if bare.lower() in REASONS:
            why, use = REASONS[bare.lower()]
            text = f"evenflow has no `{name}`: {why}"
            self.refuse(name, error("directive-not-supported", text, span, help=use))
            return
        instead = INSTEAD.get(known.module)
        self.refuse(
            name,
            error(
                "directive-not-supported",
                f"evenflow does not act on `{name}` yet, a {noun} of `{known.source.removesuffix('.c')}`",
                span,
                notes=("an answer could differ from httpd's if it were ignored",),
                help=f"{instead}, and put it into `<IfModule !evenflow_module>` for httpd alone"
                if instead
                else "remove it, or put it into `<IfModule !evenflow_module>` for httpd alone",
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
