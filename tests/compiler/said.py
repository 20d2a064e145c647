"""What the compiler says of a virtual host with some text in it."""

from __future__ import annotations

from evenflow.config.diagnostics import Diagnostic
from tests.plan.cases import built, inside


def complaints(text: str) -> list[Diagnostic]:
    """The compiler's diagnostics."""
    return list(built(inside(text)).diagnostics)


def codes(text: str, whole: bool = False) -> list[str]:
    """Their codes; `whole` where the text is a whole server."""
    return [diagnostic.code for diagnostic in (built(text).diagnostics if whole else complaints(text))]
