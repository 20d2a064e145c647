"""The public address and the member that is a node, from the balancer's lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.config.load import load
from evenflow.tools.audit.front import Front, from_configuration, from_url, member_of

MEMBERS = (
    "<Proxy balancer://c>\nBalancerMember http://a:8090 route=1\nBalancerMember http://b:8090 route=2\n</Proxy>\n"
    "<Location /synchrony>\nProxyPass http://a:8091/synchrony\n</Location>\n"
)


def front(folder: Path, text: str, *ports: int) -> tuple[Front | None, str]:
    file = folder / "wiki.conf"
    file.write_text(text)
    loaded = load(str(file))
    assert loaded.settings is not None, loaded.diagnostics
    return from_configuration(loaded, ports)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("Listen 80\nServerName wiki\nProxyPass / balancer://c/\n", "http://wiki"),
        ("Listen 8080\nServerName wiki:8080\nProxyPass /wiki balancer://c/wiki\n", "http://wiki:8080/wiki"),
        ("Listen 80\nServerName wiki\nProxyPass /setup http://a:8090/setup\nProxyPass / balancer://c/\n", "http://wiki"),
        (
            "Listen 80\nServerName wiki\nProxyPass /wiki/setup http://b:8090/wiki/setup\n"
            "ProxyPass /wiki balancer://c/wiki\nProxyPass / http://d:8090/\n",
            "http://wiki/wiki",
        ),
        ("Listen 8080\nServerName https://wiki\nProxyPass / balancer://c/\n", "https://wiki"),
        ("Listen 81\n<VirtualHost *:81>\nServerName wiki\nProxyPass / balancer://c/\n</VirtualHost>\n", "http://wiki:81"),
        (
            "Listen 80\nListen 443\nServerName no\n<VirtualHost *:80>\nServerName plain\nProxyPass / balancer://c/\n"
            "</VirtualHost>\n<VirtualHost *:443>\nServerName wiki\nSSLEngine on\nSSLCertificateFile c\n"
            "ProxyPass / balancer://c/\n</VirtualHost>\n",
            "https://wiki",
        ),
    ],
)
def test_the_public_address(tmp_path: Path, text: str, url: str) -> None:
    found, why = front(tmp_path, MEMBERS + text, 8090)
    assert found is not None, why
    assert found.url == url and found.balancer is not None and found.balancer.synchrony is not None


def test_without_a_mapping_to_the_nodes_it_says_which_port(tmp_path: Path) -> None:
    found, why = front(tmp_path, MEMBERS + "Listen 80\nServerName wiki\nProxyPass / balancer://c/\n", 9999)
    assert found is None and "port 9999" in why


def test_a_node_is_the_member_of_its_route_then_of_its_place(tmp_path: Path) -> None:
    found, _ = front(tmp_path, MEMBERS + "Listen 80\nServerName wiki\nProxyPass / balancer://c/\n", 8090)
    assert found is not None

    def url(route: str, port: int, order: int) -> str | None:
        member = member_of(found, route, port, order)
        return member.url if member is not None else None

    assert url("2", 8090, 0) == "http://b:8090"
    assert url("", 8090, 0) == "http://a:8090" and url("x", 8090, 1) == "http://b:8090"
    assert url("", 8090, 2) is None and url("2", 1, 0) is None


def test_a_url_is_taken_apart_or_refused_with_an_example() -> None:
    assert from_url("https://wiki.example.com/confluence/").url == "https://wiki.example.com/confluence"
    assert from_url("http://wiki:8080").url == "http://wiki:8080"
    for wrong in ("wiki.example.com", "ftp://wiki", "https://"):
        with pytest.raises(ValueError, match="https://wiki"):
            from_url(wrong)
