"""Which paths go to which members."""

from __future__ import annotations

from evenflow.config.advice.uses import forwards_everything, uses
from evenflow.config.checks.view import servers
from tests.config.cases import load_text

TEXT = """\
RewriteEngine On
RewriteRule ^/live/(.*) ws://127.0.0.1:8091/live/$1 [P]
RewriteRule ^(a|b) http://127.0.0.1:1/ [P]
RewriteRule ^/gone - [G]
ProxyPass /no !
ProxyPass /app balancer://C/deep
<Proxy balancer://c>
    BalancerMember http://127.0.0.1:8080
    BalancerMember http://127.0.0.2:8081
</Proxy>
<Location /inside>
    ProxyPass http://127.0.0.3/in
</Location>
ProxyPass / http://127.0.0.1:8090/
"""


def test_mappings_sections_and_certain_rules() -> None:
    (server,) = servers(load_text(TEXT))
    found = {use.path: use for use in uses(server)}
    assert list(found) == ["/app", "/", "/inside", "/live/"]
    assert found["/app"].ports == {8080, 8081} and found["/app"].target_path == "/deep"
    assert found["/inside"].ports == {80} and found["/live/"].rule is not None
    everything = forwards_everything(server)
    assert everything is not None and everything.ports == {8090}


def test_an_authority_that_the_request_names_has_no_members() -> None:
    (server,) = servers(load_text("RewriteEngine On\nRewriteRule ^/x http://%{HTTP_HOST}/x [P]"))
    (use,) = uses(server)
    assert use.members == ()
