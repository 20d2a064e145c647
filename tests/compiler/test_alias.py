"""Redirect and Alias from text: what is found wrong, and who comes first."""

from __future__ import annotations

import pytest

from evenflow.plan.alias import Alias, Redirect
from tests.plan.cases import built, inside, plan_of


@pytest.mark.parametrize(
    "line", ["RedirectMatch ( /x", "AliasMatch ( /x", "<Location /a>\nRedirectMatch [ /x\n</Location>"]
)
def test_a_pattern_that_cannot_be_compiled_is_a_finding(line: str) -> None:
    made = built(inside(line))
    assert made.plan is None
    assert [one.code for one in made.diagnostics] == ["pattern-malformed"]


def test_a_text_that_is_no_expression_is_a_finding() -> None:
    made = built(inside('<Location /a>\nRedirect "%{foo"\n</Location>'))
    assert made.plan is None
    assert [one.severity for one in made.diagnostics] == ["error"]


def test_what_the_virtual_host_says_comes_first() -> None:
    plan = plan_of(
        """
        Listen 8000
        Redirect /main /x
        Alias /main /srv/main
        <VirtualHost *:8000>
            Redirect /host /x
            Alias /host /srv/host
        </VirtualHost>
        """
    )
    (host,) = plan.hosts
    redirects = [line.prefix.prefix for line in host.redirects if isinstance(line, Redirect) and line.prefix]
    aliases = [line.prefix.prefix for line in host.file_aliases if isinstance(line, Alias) and line.prefix]
    assert redirects == aliases == [b"/host", b"/main"]
