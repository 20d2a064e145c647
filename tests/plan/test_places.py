"""What mod_rewrite says in sections, merged."""

from __future__ import annotations

import pytest

from evenflow.plan import places
from evenflow.plan.model import Scope
from evenflow.plan.places import Place, merged, place_of, rules_follow


@pytest.mark.parametrize(
    "outer, inner, where",
    [
        (0, 0, 0),
        (0, places.INHERIT, 1),
        (0, places.INHERIT_BEFORE, -1),
        (places.INHERIT_DOWN, 0, 1),
        (places.INHERIT_DOWN_BEFORE, 0, -1),
        (places.INHERIT_DOWN, places.IGNORE_INHERIT, 0),
        (places.INHERIT_DOWN_BEFORE, places.INHERIT, 1),
        (places.INHERIT, 0, 0),
    ],
)
def test_where_outer_rules_go(outer: int, inner: int, where: int) -> None:
    assert rules_follow(outer, inner) == where


def test_the_inner_place_counts() -> None:
    outer = Place(b"/a/", b"/base", places.ALLOW_NO_SLASH, ("outer",))
    both = merged(outer, Place(b"/b/", None, None, ("inner",)))
    assert (both.directory, both.base, both.options, both.rules) == (b"/b/", None, places.ALLOW_NO_SLASH, ("inner",))


def test_a_base_is_taken_over_where_that_is_said() -> None:
    outer = Place(b"/a/", b"/base", None, ("outer",))
    both = merged(outer, Place(b"/b/", None, places.MERGE_BASE | places.INHERIT, ("inner",)))
    assert (both.base, both.rules) == (b"/base", ("inner", "outer"))
    # Options of an outer place count as the inner one's where that has none.
    both = merged(Place(b"/a/", b"/base", places.INHERIT_BEFORE, ("outer",)), Place(b"/b/", b"/own", None, ("inner",)))
    assert (both.base, both.rules) == (b"/own", ("outer", "inner"))


def test_a_scope_knows_its_place_once_it_was_asked() -> None:
    scope = Scope()
    assert place_of(scope).directory is None
    scope.places = (Place(b"/a/", None, None, ()), Place(b"/b/", None, None, ()))
    place = place_of(scope)
    assert place.directory == b"/b/"
    assert place_of(scope) is place
    scope.places += (Place(b"/c/", None, None, ()),)
    assert place_of(scope).directory == b"/c/"
