"""ExpiresActive and its like, from the text of a configuration."""

from __future__ import annotations

from evenflow.plan.expires import age_of
from tests.plan.cases import plan_of


def test_sections_add_to_what_servers_say() -> None:
    plan = plan_of(
        """
        Listen 80
        ExpiresActive On
        ExpiresByType TEXT/css A5
        ExpiresDefault A9
        """
    )
    assert plan.main is not None
    scope = plan.main.base
    assert scope.expires_on
    assert age_of(scope, 200, b"text/css", False, 0, -1) == 5
    assert age_of(scope, 200, b"text/html", False, 0, -1) == 9
