"""Reasons are given for directives that httpd has, and that we have no row for."""

from __future__ import annotations

import pytest

from evenflow.config.known import INSTEAD, KNOWN
from evenflow.config.reasons import REASONS, SCHEMES, stranger
from evenflow.config.registry import DIRECTIVES
from tests.config.cases import load_text


@pytest.mark.parametrize("name", REASONS)
def test_it_is_known_and_refused(name: str) -> None:
    assert name in KNOWN and not KNOWN[name].ignorable
    assert name not in DIRECTIVES
    assert all(REASONS[name])


def test_schemes_say_what_to_use() -> None:
    assert all(use for _, use in SCHEMES.values())


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("SecRuleEngine On", "mod_security"),
        ("DOSPageCount 5", "mod_evasive"),
        ("QS_SrvMaxConn 100", "mod_qos"),
        ("JkMount /app/* tomcat", "mod_jk"),
        ("WSGIScriptAlias / /srv/app.wsgi", "mod_wsgi"),
        ("php_admin_value memory_limit 1G", "mod_php"),
        ("RPAFenable On", "mod_rpaf"),
    ],
)
def test_directives_of_modules_that_are_none_of_httpds(line: str, module: str) -> None:
    (found,) = load_text(line + "\n").errors
    assert found.code == "unknown-directive"
    assert any(module in note for note in found.notes)
    assert found.help and "did you mean" not in found.help


def test_a_slip_of_the_pen_is_still_one() -> None:
    assert stranger("ManagerNam", "ManagerName") is None
    assert stranger("ProxyPas", "ProxyPass") is None


def test_whoever_is_refused_hears_what_to_use() -> None:
    """Every directive that is refused says what to do in its place, but for sections."""
    unsaid = [
        known.name
        for known in KNOWN.values()
        if known.name.lower() not in DIRECTIVES
        and not known.ignorable
        and not known.name.startswith("<")
        and known.name.lower() not in REASONS
        and known.module not in INSTEAD
    ]
    assert unsaid == ["DefaultType", "Port"]
