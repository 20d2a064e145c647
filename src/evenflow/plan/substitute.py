"""What mod_substitute replaces in bodies: the lines of the sections that met, and the order in which they act.

How a body is led through them, `proxy.substituting` knows.
"""

from __future__ import annotations

from typing import NamedTuple

from evenflow.origin import Origin
from evenflow.plan.model import Scope
from evenflow.plan.patterns import Pattern


class Substitution:
    """One `Substitute`. `plain` is a text (in lower case where `any_case`), b"" where a pattern is looked for.

    `pieces` is what is put in its place, the numbers of groups between texts. `anchored`: what the pattern finds may
    depend on where a search begins. `quick`: what it leaves is pieces, and the next line looks at each alone.
    """

    __slots__ = ("plain", "pattern", "any_case", "pieces", "anchored", "quick", "origin")

    def __init__(self, plain: bytes, pattern: Pattern | None, pieces: tuple[bytes | int, ...], origin: Origin) -> None:
        self.plain = plain
        self.pattern = pattern
        self.pieces = pieces
        self.any_case = False
        self.anchored = False
        self.quick = False
        self.origin = origin


class Part(NamedTuple):
    """What one section says."""

    lines: tuple[Substitution, ...]
    before: bool | None
    """SubstituteInheritBefore; None where it says nothing of it."""


def substitutions_of(scope: Scope) -> tuple[Substitution, ...]:
    """The lines in the order in which they act: what is said further in comes first, unless SubstituteInheritBefore is
    on there (httpd)."""
    found: tuple[Substitution, ...] = ()
    before = False
    for part in scope.substitutes:
        assert isinstance(part, Part)
        if part.before is not None:
            before = part.before
        found = found + part.lines if before else part.lines + found
    return found
