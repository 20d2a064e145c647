"""Whom to visit, from the balancer's configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.tools.doctor.target import from_file
from tests.peers import CHECKOUT


def test_the_site_and_its_nodes() -> None:
    target = from_file(str(CHECKOUT / "examples" / "datacenter-complete.conf"), {})
    assert target.site == "https://wiki.example.com:8443"
    assert target.nodes == ("http://127.0.0.1:8090", "http://127.0.0.2:8090")
    assert target.synchronies == ("http://127.0.0.1:8091", "http://127.0.0.2:8091")
    assert target.own == ("/balancer-manager",)


def test_what_the_balancer_keeps_for_itself_is_asked_for_once(tmp_path: Path) -> None:
    file = tmp_path / "wiki.conf"
    file.write_text(
        "Listen 8080\nServerName wiki.example\nProxyPass /robots.txt !\nProxyPassMatch ^/x !\nProxyPass /robots.txt !\n"
        "<Location /static>\nProxyPass !\n</Location>\nProxyPass / http://127.0.0.1:8090/\n"
    )
    assert from_file(str(file), {}).own == ("/robots.txt", "/static")


def test_what_cannot_be_visited_says_what_to_type(tmp_path: Path) -> None:
    file = tmp_path / "wiki.conf"
    for text, words in (("Oops\n", "evenflow check"), ("Listen 1\n", "type the public address")):
        file.write_text(text)
        with pytest.raises(ValueError, match=words):
            from_file(str(file), {})
