"""Which of many rules are worth looking at for this path?

A rule whose pattern is tied to the start and begins with text can only match what begins with that text, and the same
holds for its first condition; where it does not, the rule leaves no trace of itself, unless the rules behind it hang on
it (C). So the places of such rules are kept by that text, and a list is gone through by the places that remain, in the
order of the file. What is passed over is exactly what would have failed.
"""

from __future__ import annotations

from typing import Any, Final

from evenflow.plan.decision import Inquiry
from evenflow.plan.template import Template, expand

FEWEST: Final = 8
"""Rules in a list that is worth an index."""
MOST_INDEXES: Final = 1000
"""Lists of rules for which one is kept; a plan has one for each server and each combination of sections."""

CHAIN: Final = 32
"""`rewrite.CHAIN`"""


REGEX: Final = 1
"""`rewrite.REGEX`"""
ENOUGH: Final = 2
"""So long a beginning is worth more than a condition; every path begins with a slash."""
TESTS: Final = (b"%{HTTP_HOST}", b"%{REQUEST_URI}")
"""Test strings that mean the same from the first rule of a list to the last."""


class Places:
    """The places of rules by what a text must begin with. The text is a condition's test, in lower case, or where
    `test` is None what the rules are matched against."""

    __slots__ = ("test", "at", "sizes")

    def __init__(self, test: Template | None) -> None:
        self.test = test
        self.at: dict[bytes, list[int]] = {}
        self.sizes: list[int] = []

    def put(self, starts: tuple[bytes, ...], place: int) -> None:
        """One more rule."""
        for start in starts:
            self.at.setdefault(start, []).append(place)
            if len(start) not in self.sizes:
                self.sizes = sorted([*self.sizes, len(start)])

    def fitting(self, text: bytes, found: list[int]) -> list[int]:
        """`found` and the places of those that the text fits; `found` itself where there are none."""
        at = self.at
        size = len(text)
        for length in self.sizes:
            if length > size:
                break
            more = at.get(text[:length])
            if more is not None:
                found = found + more
        return found


class RuleIndex:
    """The places of a list of rules. `rules` is the list itself: nobody else can have its id while this is here."""

    __slots__ = ("rules", "always", "places")

    def __init__(self, rules: tuple[object, ...]) -> None:
        self.rules = rules
        self.always: list[int] = []
        """The places of the rules that are looked at for every request."""
        self.places: list[Places] = []
        known: dict[bytes, Places] = {}
        for place, rule in enumerate(rules):
            name, test, starts = what_it_needs(rule)
            if not starts:
                self.always.append(place)
                continue
            if name not in known:
                known[name] = Places(test)
                self.places.append(known[name])
            known[name].put(starts, place)

    def worth(self, subject: bytes, inquiry: Inquiry) -> list[int]:
        """The places of the rules that may match, in order."""
        always = self.always
        found = always
        for places in self.places:
            test = places.test
            text = subject if test is None else expand(test, inquiry).lower()
            found = places.fitting(text, found)
        return found if found is always else sorted(set(found))


def what_it_needs(rule: Any) -> tuple[bytes, Template | None, tuple[bytes, ...]]:
    """Which text must begin with what, or the rule fails and leaves no trace: ("", None, beginnings) of what it is
    matched against, or (name, test, beginnings) of its first condition's test. No beginnings: nothing is known."""
    if rule.flags & CHAIN:
        return b"", None, ()
    starts: tuple[bytes, ...] = () if rule.negated else rule.pattern.starts
    if starts and min([len(start) for start in starts]) >= ENOUGH:
        return b"", None, starts
    first = rule.conditions[0] if rule.conditions else None
    if first is None or first.kind != REGEX or first.negated or first.or_next or first.test.source not in TESTS:
        return b"", None, starts
    folded: tuple[bytes, ...] = first.pattern.folded
    return (first.test.source, first.test, folded) if folded else (b"", None, starts)


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
