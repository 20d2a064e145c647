"""ProxyHCExpr and ProxyHCTemplate: what they keep, and httpd's sentences (`apache2 -t`) for what is wrong."""

from __future__ import annotations

import pytest

from tests.config.cases import load_text
from tests.config.probes import load_member, said_of


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("ProxyHCExpr ok {%{REQUEST_STATUS} =~ /^[234]/}", "%{REQUEST_STATUS} =~ /^[234]/"),
        ('ProxyHCExpr ok "%{REQUEST_STATUS} =~ /^[234]/"', "%{REQUEST_STATUS} =~ /^[234]/"),
        ("ProxyHCExpr ok { %{resp:X-Up} == '1' }", "%{resp:X-Up} == '1'"),
        ("ProxyHCExpr ok true", "true"),
    ],
)
def test_an_expression(line: str, text: str) -> None:
    loaded = load_member("hcexpr=OK", line)
    assert loaded.settings is not None, loaded.errors
    assert loaded.settings.main.proxy.probe_expressions
    (one,) = loaded.settings.main.proxy.probe_expressions
    assert (one.name, one.text) == ("ok", text)
    members = loaded.settings.main.blocks[0].proxy.members
    assert members and members[0].parameters.hcexpr == one


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ProxyHCExpr", "Missing expression name for ProxyHCExpr"),
        ("ProxyHCExpr x", "Missing expression for ProxyHCExpr"),
        ("ProxyHCExpr x {}", "Missing expression for ProxyHCExpr"),
        ("ProxyHCExpr x {true} y", "error: extra parameter(s)"),
        ("ProxyHCExpr x true y", "error: extra parameter(s)"),
        ("ProxyHCExpr aaaaaaaaaaaaaaaa {true}", "Expression name limited to 15 characters"),
        ("ProxyHCTemplate", "Missing template name for ProxyHCTemplate"),
        ("ProxyHCTemplate t hcmethod", "Invalid ProxyHCTemplate parameter. Parameter must be in the form 'key=value'"),
        ("ProxyHCTemplate t hcmethod=FOO", "ProxyHCTemplate: Unknown method hcmethod=FOO; t"),
        ("ProxyHCTemplate t hcfoo=1", "ProxyHCTemplate: unknown Worker hcheck parameter hcfoo=1; t"),
    ],
)
def test_what_is_wrong(line: str, says: str) -> None:
    assert f"httpd says: {says}" in said_of(load_text(f"Listen 80\n{line}\n"))


def test_they_belong_to_the_server_that_they_stand_in_wherever_they_do() -> None:
    loaded = load_text("Listen 80\n<Location /x>\nProxyHCTemplate t\nProxyHCExpr e {true}\n</Location>\n")
    assert loaded.settings is not None
    assert len(loaded.settings.main.proxy.probe_templates or ()) == 1
    assert len(loaded.settings.main.proxy.probe_expressions or ()) == 1
