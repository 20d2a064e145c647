"""What httpd does not know, in a file that it may have to read as well: it belongs into an IfModule of ours."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.known import KNOWN
from evenflow.config.loaded import Loaded
from evenflow.config.parameters import OUR_LBMETHODS
from evenflow.config.syntax import Included, Node, Section, Span, Statement, Word

OURS = frozenset({"evenflow_module", "mod_evenflow.c"})
"""What IfModule calls us."""


def check_guards(loaded: Loaded) -> Iterator[Diagnostic]:
    """A directive or an lbmethod that only we have, where httpd would read it."""
    for node in open_to_httpd(loaded.tree.nodes):
        known = KNOWN.get(node.name.lower())
        if known is not None and known.module == "evenflow_module":
            yield outside(node, f"`{node.name}`", node.name_span, f"Invalid command '{node.name}'")
        for word in node.words:
            name = our_lbmethod(word)
            if name:
                yield outside(node, f"`lbmethod={name}`", word.span, "unknown lbmethod")


def outside(node: Statement | Section, what: str, span: Span, says: str) -> Diagnostic:
    return warning(
        "httpd-does-not-know",
        f"httpd does not start with {what} in its file: only evenflow has it",
        span,
        notes=(f"httpd says: {says}",),
        help="put it into `<IfModule evenflow_module>`; if httpd is never to read this file, say so in a comment: "
        "`# evenflow: allow httpd-does-not-know`",
    )


def our_lbmethod(word: Word) -> str:
    """The lbmethod that `lbmethod=...` names, if it is one of ours; else ""."""
    key, _, value = word.text.partition("=")
    return value.lower() if key.lower() == "lbmethod" and value.lower() in OUR_LBMETHODS else ""


def open_to_httpd(nodes: list[Node]) -> Iterator[Statement | Section]:
    """Every statement and section that was taken and does not stand in an IfModule of ours."""
    for node in nodes:
        if isinstance(node, Statement):
            yield node
        elif isinstance(node, Included):
            yield from open_to_httpd(node.children)
        elif node.taken and not (node.name.lower() == "ifmodule" and node.rest.strip() in OURS):
            yield node
            yield from open_to_httpd(node.children)
