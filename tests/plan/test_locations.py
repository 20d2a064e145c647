"""Sections that meet, and the scopes that they make together."""

from __future__ import annotations

from evenflow.plan.decide import decide
from evenflow.plan.edits import Edit
from evenflow.plan.model import Scope
from tests.plan.cases import facts_of, head_of, inside, plan_of


def scopes(text: str, *paths: str) -> list[Scope]:
    plan = plan_of(inside(text))
    return [decide(plan, facts_of(plan), head_of("GET", path)).scope for path in paths]


def origins(edits: tuple[object, ...]) -> list[int]:
    return [edit.origin.line - 4 for edit in edits if isinstance(edit, Edit)]


def test_one_scope_for_each_combination() -> None:
    text = (
        "ProxyPass / http://b1/\n<Location /a>\nProxyPreserveHost On\n"
        "</Location>\n<Location /a/b>\nProxyAddHeaders Off\n</Location>"
    )
    none, first, again, both = scopes(text, "/x", "/a", "/a/c", "/a/b")
    assert (none.preserve_host, none.add_headers) == (False, True)
    assert (first.preserve_host, first.add_headers) == (True, True)
    assert again is first
    assert (both.preserve_host, both.add_headers) == (True, False)


def test_lists_are_appended_in_the_order_of_merging() -> None:
    text = """\
        <Location /a>
        Header set X location
        ProxyPassReverse http://b1/
        </Location>
        Header set X server
        ProxyPassReverse /a http://b1/
        <Proxy *>
        Header set X proxy
        </Proxy>
        ProxyPass / http://b1/
        """
    (scope,) = scopes(text, "/a")
    assert origins(scope.onsuccess_edits) == [5, 8, 2]
    assert [reverse.origin.line - 4 for reverse in scope.reverses] == [6, 3]


def test_what_is_said_later_overrides() -> None:
    text = """\
        ProxyErrorOverride On 404
        SetHandler balancer-manager
        <Location /a>
        ProxyErrorOverride Off
        SetHandler none
        </Location>
        <Location /a/b>
        ProxyErrorOverride On
        </Location>
        ProxyPass / http://b1/
        """
    outside, inner, deep = scopes(text, "/", "/a", "/a/b")
    assert (outside.error_override, outside.error_override_codes) == (True, frozenset((404,)))
    assert (inner.error_override, inner.handler) == (False, "")
    assert (deep.error_override, deep.error_override_codes) == (True, frozenset())
    assert outside.handler == "balancer-manager"


def test_an_answer_of_a_rule_has_the_scope_of_its_locations() -> None:
    text = "RewriteEngine On\nRewriteRule ^/a - [F]\n<Location /a>\nHeader always set X 1\n</Location>"
    (scope,) = scopes(text, "/a")
    assert len(scope.always_edits) == 1
