"""How members are reached."""

from __future__ import annotations

import pytest

from tests.compiler.said import codes, complaints
from tests.plan.cases import inside, plan_of


def ways(text: str) -> dict[str, tuple[str, int, bytes, str, str]]:
    """By the member's name: where connections go, what stands before the path, what blocks, where they come from."""
    return {
        one.name.decode(): (one.dial_host, one.dial_port, one.path, one.blocked, one.source)
        for one in plan_of(inside(text)).members
    }


def test_a_url_a_scheme_or_all() -> None:
    text = """
        ProxyRemote http://10.0.0.1 http://10.9.9.1:3128
        ProxyRemote ws http://10.9.9.2
        ProxyPass /a http://10.0.0.1/
        ProxyPass /b http://10.0.0.12/
        ProxyPass /c ws://10.0.0.3:81/
        ProxyPass /d http://10.0.0.4/
    """
    assert ways(text) == {
        "http://10.0.0.1/": ("10.9.9.1", 3128, b"http://10.0.0.1", "", ""),
        # httpd compares letters, not hosts
        "http://10.0.0.12/": ("10.9.9.1", 3128, b"http://10.0.0.12", "", ""),
        "ws://10.0.0.3:81/": ("10.9.9.2", 80, b"ws://10.0.0.3:81", "", ""),
        "http://10.0.0.4/": ("10.0.0.4", 80, b"", "", ""),
    }


def test_a_member_that_speaks_tls_is_asked_in_a_tunnel() -> None:
    member = plan_of(inside("SSLProxyEngine On\nProxyRemote * http://10.9.9.1\nProxyPass / https://10.0.0.1/")).members[0]
    assert (member.through, member.path, member.host, member.dial_host) == (True, b"", "10.0.0.1", "10.9.9.1")


def test_blocks_by_name_and_by_address() -> None:
    text = """
        ProxyBlock example.com 127.0.0.9
        ProxyPass /a http://www.example.com/
        ProxyPass /b http://127.0.0.9/
        ProxyPass /c http://127.0.0.1/
    """
    assert [way[3] for way in ways(text).values()] == ["example.com", "127.0.0.9", ""]


def test_the_address_that_connections_come_from() -> None:
    found = ways("ProxySourceAddress 127.0.0.7\nProxyPass / http://10.0.0.1/")
    assert [way[4] for way in found.values()] == ["127.0.0.7"]


@pytest.mark.parametrize(
    "text, code",
    [
        ("ProxyRemote http://10.0.0.1/deep/path http://10.9.9.1\nProxyPass / http://10.0.0.1/", "value-not-supported"),
        ("ProxyRemoteMatch ( http://10.9.9.1\nProxyPass / http://10.0.0.1/", "pattern-malformed"),
        ("ProxySourceAddress 10.0.0.1:80\nProxyPass / http://10.0.0.1/", "address-malformed"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    assert [one.code for one in complaints(text)] == [code]


def test_a_virtual_host_does_not_change_the_main_servers_members() -> None:
    text = """
Listen 8000
ProxyRemote * http://10.9.9.1
<Proxy balancer://c>
BalancerMember http://10.0.0.1
</Proxy>
<VirtualHost *:8000>
ServerName a.example
ProxyBlock 10.0.0.1
ProxyPass / balancer://c/
</VirtualHost>
"""
    assert codes(text, whole=True) == ["member-reached-twice"]


def test_who_is_asked_directly_matters_beside_another_proxy_alone() -> None:
    assert codes("NoProxy .example.com\nProxyPass / http://10.0.0.1/") == ["directive-without-effect"]
    text = "ProxyRemote * http://10.9.9.1\nNoProxy .example.com\nProxyPass / http://10.0.0.1/"
    (found,) = complaints(text)
    assert found.code == "value-not-supported" and "`NoProxy` beside `ProxyRemote`" in found.headline
    assert "compares it with the Host of the request" in found.notes[0] and "name in `ProxyRemote`" in found.help
