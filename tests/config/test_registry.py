"""The rows, and the names next to them."""

from __future__ import annotations

import pytest

from evenflow.config.defines import OURS
from evenflow.config.known import known_directive
from evenflow.config.registry import DIRECTIVES, nearest
from evenflow.config.sections import SECTIONS


@pytest.mark.parametrize("name", sorted(DIRECTIVES))
def test_a_row_agrees_with_the_table(name: str) -> None:
    row = DIRECTIVES[name]
    known = known_directive(name)
    assert known is not None
    # httpd itself spells one of them LimitRequestFieldsize
    assert row.name.lower() == known.name.lower()
    assert row.contexts == known.contexts
    assert known.module in OURS
    assert not known.ignorable
    assert row.sentence.endswith(".") and "\n" not in row.sentence


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_sections_row_agrees_with_the_table(name: str) -> None:
    known = known_directive("<" + name)
    assert known is not None
    assert SECTIONS[name].name == known.name.lstrip("<")
    assert SECTIONS[name].sentence.endswith(".")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ProxyPas", "ProxyPass"),
        ("Liste", "Listen"),
        ("BalancerMembers", "BalancerMember"),
        ("proxypreservhost", "ProxyPreserveHost"),
        ("<Locations", "<Location"),
        ("<VirtualHosts", "<VirtualHost"),
        ("xyzzy", None),
    ],
)
def test_the_nearest_name(typed: str, meant: str | None) -> None:
    assert nearest(typed) == meant
