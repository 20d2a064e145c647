"""How what sections say becomes one `Scope`: later ones override or are appended, field by field.

A `Said` holds only what its section says. Merging happens once for each combination of sections that meet, so it may
go by names; requests read the finished scope's fields.
"""

from __future__ import annotations

from typing import Final

from evenflow.plan.model import Scope

FIELDS: Final = Scope.FIELDS

APPENDED: Final = frozenset(
    ("reverses", "request_edits", "always_edits", "onsuccess_edits", "conditions", "variables", "branches", "requires",
     "cookie_paths", "cookie_domains", "places", "typed_filters", "substitutes", "smart_filters", "filter_chain",
     "expires_types", "documents", "options", "etags",
     "names", "filter_names", "tls_options", "tls_requires", "member_tls")
)  # fmt: skip
"""Tuples where what is said further inside follows; every other field is overridden where it is said."""

PREPENDED: Final = frozenset(("redirects",))
"""Tuples where what is said further inside comes first."""


class Said:
    """What one section says: values by the name of the `Scope`'s field."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def say(self, name: str, value: object) -> None:
        """Say it; None says nothing. An unknown name is a `KeyError`: it would be lost in silence."""
        if name not in FIELDS:
            raise KeyError(name)
        if value is not None:
            self.values[name] = value

    def get(self, name: str) -> object:
        """What it says, None for nothing."""
        return self.values.get(name)


def copy_scope(old: Scope) -> Scope:
    """A scope of its own that says the same."""
    scope = Scope()
    for name in FIELDS:
        setattr(scope, name, getattr(old, name))
    return scope


def add(scope: Scope, said: Said) -> None:
    """Let a section speak."""
    for name, value in said.values.items():
        if name in APPENDED:
            value = getattr(scope, name) + value
        elif name in PREPENDED:
            value = value + getattr(scope, name)
        setattr(scope, name, value)
