"""ErrorDocument, from settings to `plan.documents`."""

from __future__ import annotations

from typing import Final

from evenflow.compiler.access import compile_words
from evenflow.compiler.findings import Findings
from evenflow.compiler.texts import to_bytes
from evenflow.config.settings import DocumentLine
from evenflow.plan.documents import PATH, TEXT, URL, Document

KINDS: Final = {"text": TEXT, "path": PATH, "url": URL, "default": 0}


def compile_documents(lines: tuple[DocumentLine, ...], findings: Findings) -> tuple[Document, ...]:
    """The documents of one section. A text is an expression; paths and URLs are taken as they are."""
    return tuple(
        Document(
            line.status,
            KINDS[line.kind],
            compile_words(line.text, line.origin, findings) if line.kind == "text" else to_bytes(line.text),
            line.origin,
        )
        for line in lines
    )
