"""Which of many rules are worth looking at for this path?

A rule whose pattern is tied to the start and begins with text can only match what begins with that text; where it does
not, the rule leaves no trace of itself, unless the rules behind it hang on it (C). So the places of such rules are
kept by their first text, and a list is gone through by the places that remain, in the order of the file. What is
passed over is exactly what would have failed.
"""

from __future__ import annotations

from typing import Any, Final

FEWEST: Final = 8
"""Rules in a list that is worth an index."""
MOST_INDEXES: Final = 1000
"""Lists of rules for which one is kept; a plan has one for each server and each combination of sections."""

CHAIN: Final = 32
"""`rewrite.CHAIN`"""


class RuleIndex:
    """The places of a list of rules. `rules` is the list itself: nobody else can have its id while this is here."""

    __slots__ = ("rules", "always", "places", "sizes")

    def __init__(self, rules: tuple[object, ...]) -> None:
        self.rules = rules
        always: list[int] = []
        places: dict[bytes, list[int]] = {}
        for place, found in enumerate(rules):
            rule: Any = found
            starts = () if rule.negated or rule.flags & CHAIN else rule.pattern.starts
            if not starts:
                always.append(place)
            for start in starts:
                places.setdefault(start, []).append(place)
        self.always = always
        """The places of the rules that are looked at for every path."""
        self.places = places
        self.sizes = sorted({len(start) for start in places})

    def worth(self, subject: bytes) -> list[int]:
        """The places of the rules that may match, in order."""
        places = self.places
        size = len(subject)
        found: list[int] = self.always
        for length in self.sizes:
            if length > size:
                break
            more = places.get(subject[:length])
            if more is not None:
                found = found + more
        if found is self.always:
            return found
        return sorted(set(found))


indexes: Final[dict[int, RuleIndex]] = {}


def index_of(rules: tuple[object, ...]) -> RuleIndex | None:
    """The index of a list, made when it is first asked for; None for a short list."""
    if len(rules) < FEWEST:
        return None
    found = indexes.get(id(rules))
    if found is None:
        if len(indexes) >= MOST_INDEXES:
            indexes.clear()
        found = indexes[id(rules)] = RuleIndex(rules)
    return found
