"""How what sections say goes together."""

from __future__ import annotations

import pytest

from evenflow.plan.model import Scope
from evenflow.plan.scope import APPENDED, FIELDS, Said, add, copy_scope


def said(**values: object) -> Said:
    one = Said()
    for name, value in values.items():
        one.say(name, value)
    return one


def test_the_later_overrides_and_silence_changes_nothing() -> None:
    scope = Scope()
    add(scope, said(handler="a", preserve_host=True))
    add(scope, said(handler="b", preserve_host=None))
    assert (scope.handler, scope.preserve_host) == ("b", True)


def test_false_is_said_too() -> None:
    scope = Scope()
    add(scope, said(preserve_host=True))
    add(scope, said(preserve_host=False))
    assert scope.preserve_host is False


@pytest.mark.parametrize("name", sorted(APPENDED))
def test_lists_are_appended_in_order(name: str) -> None:
    scope = Scope()
    add(scope, said(**{name: ("outer",)}))
    add(scope, said(**{name: ("inner",)}))
    assert getattr(scope, name) == ("outer", "inner")


def test_what_is_not_appended_is_replaced() -> None:
    scope = Scope()
    add(scope, said(handler="outer"))
    add(scope, said(handler=""))
    assert scope.handler == ""


def test_a_copy_is_its_own_and_says_the_same() -> None:
    old = Scope()
    add(old, said(handler="a", reverses=("r",), via=b"on"))
    new = copy_scope(old)
    assert [getattr(new, name) for name in FIELDS] == [getattr(old, name) for name in FIELDS]
    add(new, said(handler="b"))
    assert old.handler == "a"


def test_a_field_that_no_scope_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        said(preserve_hots=True)


def test_every_appended_field_is_one_of_the_scope() -> None:
    assert set(FIELDS) >= APPENDED
