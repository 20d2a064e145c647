"""What mod_rewrite says in sections: the rules of a place, its directory, RewriteBase and RewriteOptions.

Sections that meet are merged as httpd merges its per-directory configurations: the last one's rules and directory
count, and RewriteOptions say who inherits rules. How often a base is told is the compiler's; here is what they become.
"""

from __future__ import annotations

from typing import Final

from evenflow.plan.model import Scope

# RewriteOptions.
INHERIT: Final = 1
INHERIT_BEFORE: Final = 2
INHERIT_DOWN: Final = 4
INHERIT_DOWN_BEFORE: Final = 8
IGNORE_INHERIT: Final = 16
ALLOW_NO_SLASH: Final = 32
ALLOW_ANY_URI: Final = 64
MERGE_BASE: Final = 128
IGNORE_CONTEXT_INFO: Final = 256
LEGACY_PREFIX_DOCROOT: Final = 512
UNSAFE_PREFIX_STAT: Final = 1024


class Place:
    """What one section says, or several together."""

    __slots__ = ("directory", "base", "options", "rules", "splits")

    def __init__(
        self, directory: bytes | None, base: bytes | None, options: int | None, rules: tuple[object, ...]
    ) -> None:
        self.directory = directory
        """The section's argument with a slash at its end: what relative results are put behind; None for a server."""
        self.base = base
        """RewriteBase; None where it is not said."""
        self.options = options
        """RewriteOptions; None where they are not said."""
        self.rules = rules
        self.splits: bool | None = None
        """Whether a rule sees PATH_INFO apart from the file; None until somebody has asked."""


NO_PLACE: Final = Place(None, None, None, ())


def rules_follow(outer: int, inner: int) -> int:
    """Where the rules of the outer part go, by the options of both: 1 behind the inner ones, -1 before them, 0 nowhere.
    """
    down = 0 if inner & IGNORE_INHERIT else outer
    if inner & INHERIT or down & INHERIT_DOWN:
        return 1
    if inner & INHERIT_BEFORE or down & INHERIT_DOWN_BEFORE:
        return -1
    return 0


def merged(outer: Place, inner: Place) -> Place:
    """Both together; `inner` comes later."""
    options = outer.options if inner.options is None else inner.options
    base = inner.base
    if base is None and options is not None and options & MERGE_BASE:
        base = outer.base
    rules = inner.rules
    where = rules_follow(outer.options or 0, options or 0)
    if where > 0:
        rules = inner.rules + outer.rules
    elif where < 0:
        rules = outer.rules + inner.rules
    return Place(inner.directory, base, options, rules)


def place_of(scope: Scope) -> Place:
    """The place of a scope, merged when it is first asked for."""
    places = scope.places
    known = scope.place
    if known is not None and known[0] is places:
        found: Place = known[1]
        return found
    place = NO_PLACE
    for one in places:
        assert isinstance(one, Place)
        place = merged(place, one)
    scope.place = (places, place)
    return place
