"""A row of the registry. What the rows are stands in `directives/<module>.py`; this file knows none of them."""

from __future__ import annotations

from dataclasses import dataclass

from evenflow.config.arguments import Shape, syntax_of
from evenflow.config.contexts import Context
from evenflow.config.scope import Action


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive that we act on. `sentence` says what it is for; the rest is for the reference only."""

    name: str
    contexts: Context
    arguments: Shape
    action: Action
    sentence: str
    syntax: str = ""
    """Its arguments, where the shape does not say them: `FILE`, `On|Off`, `[OPTIONAL]`, `REPEATED ...`."""
    default: str = ""
    """httpd's default; "" where nothing is set without it."""
    differs: str = ""
    """What httpd does otherwise, in a sentence or two."""

    @property
    def usage(self) -> str:
        """The arguments in words, as far as they are known."""
        return self.syntax or syntax_of(self.arguments)
