"""Only what the configuration writes out names a member."""

from __future__ import annotations

from evenflow.compiler.named_values import named_values, written_out
from evenflow.config.load import load
from evenflow.config.source import make_source
from tests.plan.cases import built

TEXT = """\
Listen 8080
RewriteEngine On
RewriteRule ^/one - [E=WHO:one.example:81]
RewriteRule ^/(.*) - [E=WHO:$1]
ProxyPassInterpolateEnv On
ProxyPass /x http://${WHO}/x interpolate
"""

LOADED = load("x.conf", environment={}, server_root="/srv", read=lambda path: make_source("x.conf", TEXT))


def test_literal_values_are_found() -> None:
    assert LOADED.settings is not None
    values = named_values(LOADED.settings.main)
    assert values == {"WHO": ["one.example:81"]}
    assert written_out("http://${WHO}/x/${Y}", values) == ["http://one.example:81"]
    assert written_out("http://${NOBODY}/", values) == []


def test_they_become_members_and_nothing_else_does() -> None:
    plan = built(TEXT).plan
    assert plan is not None
    assert [member.name for member in plan.members] == [b"http://one.example:81"]


def test_a_variable_without_values_is_told() -> None:
    assert "backend-from-request" in [one.code for one in built(TEXT.replace("one.example:81", "%1")).diagnostics]


def test_set_env_if_names_members_too() -> None:
    line = 'SetEnvIf X-Who "^(.*)$" WHO=two.example OTHER=$1'
    text = TEXT.replace("RewriteRule ^/one - [E=WHO:one.example:81]", line)
    plan = built(text).plan
    assert plan is not None
    assert [member.name for member in plan.members] == [b"http://two.example"]
