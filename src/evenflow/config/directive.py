"""A row of the registry. What the rows are stands in `directives/<module>.py`; this file knows none of them."""

from __future__ import annotations

from dataclasses import dataclass

from evenflow.config.arguments import Shape
from evenflow.config.contexts import Context
from evenflow.config.scope import Action


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive that we act on. `sentence` says what it is for."""

    name: str
    contexts: Context
    arguments: Shape
    action: Action
    sentence: str
