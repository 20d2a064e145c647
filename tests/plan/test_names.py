"""Our own name and port."""

from __future__ import annotations

import pytest

from evenflow.plan.names import default_port, own_name, own_port, own_scheme, own_url
from tests.plan.cases import facts_of, head_of, plan_of


def whole(lines: str) -> str:
    return f"Listen 8000\n<VirtualHost *:8000>\n{lines}\n</VirtualHost>\n"


@pytest.mark.parametrize(
    "server_name, canonical, host, tls, url",
    [
        ("a.example", "Off", "a.example", False, b"http://a.example"),
        ("a.example", "Off", "Other:8000", False, b"http://other:8000"),
        ("a.example", "Off", "a.example:80", False, b"http://a.example"),
        ("a.example", "Off", "a.example:80", True, b"https://a.example:80"),
        ("a.example:8000", "Off", "b.example", False, b"http://b.example:8000"),
        ("a.example:8000", "On", "b.example:1", False, b"http://a.example:8000"),
        ("a.example", "On", "b.example:1", False, b"http://a.example"),
        ("https://a.example", "Off", "a.example", False, b"https://a.example"),
        ("a.example", "Off", "[::1]:81", False, b"http://[::1]:81"),
        ("a.example:8000", "Off", "", False, b"http://a.example:8000"),
    ],
)
def test_our_own_url(server_name: str, canonical: str, host: str, tls: bool, url: bytes) -> None:
    plan = plan_of(whole(f"ServerName {server_name}\nUseCanonicalName {canonical}"))
    head = head_of("GET", "/", version="1.1" if host else "1.0", host=host)
    assert own_url(plan.hosts[0], plan.hosts[0].base, head, facts_of(plan, tls=tls)) == url


def test_its_parts() -> None:
    plan = plan_of(whole("ServerName a.example"))
    head = head_of("GET", "/", host="b.example:81")
    facts = facts_of(plan)
    host = plan.hosts[0]
    scope = host.base
    assert (own_scheme(host, facts), own_name(host, scope, head, facts)) == (b"http", b"b.example")
    assert own_port(host, scope, head, facts) == 81
    assert [default_port(scheme) for scheme in (b"http", b"ws", b"https", b"wss")] == [80, 80, 443, 443]
