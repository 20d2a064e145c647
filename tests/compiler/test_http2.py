"""Protocols and mod_http2, from the text of a configuration."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from evenflow.plan.http2 import Http2
from tests.plan.cases import built, plan_of


def spoken(text: str) -> Any:
    """What the main server speaks."""
    plan = plan_of("Listen 80\n" + text)
    assert plan.main is not None
    return plan.main.http2


def test_who_speaks_it() -> None:
    assert spoken("") is None
    assert spoken("Protocols http/1.1") is None
    assert spoken("Protocols h2 http/1.1") == Http2(secure=True)
    assert spoken("Protocols http/1.1 h2").preferred is False
    assert spoken("Protocols http/1.1 h2\nProtocolsHonorOrder off").preferred is True
    assert spoken("Protocols h2c\nProtocols http/1.1") == Http2(clear=True)


def test_what_is_said_of_it() -> None:
    assert spoken(
        "Protocols h2 h2c\nH2MaxSessionStreams 7\nH2WindowSize 7000\nH2Direct Off\nH2ModernTLSOnly Off\n"
        "H2MaxDataFrameLen 77\nH2MaxHeaderBlockLen 777\nH2MaxStreamErrors 0\nH2StreamTimeout 500ms\n"
        "H2WebSockets On\nH2EarlyHints On"
    ) == Http2(True, True, True, False, 7, 7000, False, 77, 777, 0, 0.5, True, True)


def test_a_virtual_host_has_its_own_protocols_and_the_main_servers_settings() -> None:
    plan = plan_of(
        """
        Listen 80
        Protocols h2c
        H2WindowSize 7000
        <VirtualHost *:80>
        Protocols http/1.1
        </VirtualHost>
        <VirtualHost *:80>
        ServerName other
        H2MaxSessionStreams 3
        H2Upgrade Off
        <Location /x>
        H2Upgrade On
        </Location>
        </VirtualHost>
        """
    )
    first, second = plan.hosts
    assert first.http2 is None
    assert second.http2 == Http2(clear=True, window=7000, max_streams=3)
    assert first.base.http2_upgrade and not second.base.http2_upgrade


def test_without_the_module_it_is_not_spoken() -> None:
    assert spoken("LoadModule rewrite_module modules/mod_rewrite.so\nProtocols h2 http/1.1") is None
    assert spoken("LoadModule http2_module modules/mod_http2.so\nProtocols h2 http/1.1") is not None


def test_without_the_library_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "h2" else find(name))
    made = built("Listen 80\nProtocols h2 http/1.1")
    assert made.plan is None
    (diagnostic,) = made.diagnostics
    assert diagnostic.code == "extra-missing"
    assert "pip install 'evenflow[http2]'" in diagnostic.help
    assert built("Listen 80\nProtocols http/1.1").plan is not None
