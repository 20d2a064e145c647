"""mod_proxy_hcheck's language as it will be once somebody probes: what tests of it switch on."""

from __future__ import annotations

import pytest

from evenflow.config import defines, probing
from evenflow.config.directives import hcheck
from evenflow.config.loaded import Loaded
from evenflow.config.registry import DIRECTIVES
from tests.config.cases import load_text


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters and directives are read."""
    monkeypatch.setattr(probing, "READY", True)
    monkeypatch.setattr(defines, "OURS", defines.OURS | {"proxy_hcheck_module"})
    for row in hcheck.DIRECTIVES:
        monkeypatch.setitem(DIRECTIVES, row.name.lower(), row)


def load_member(words: str, *before: str) -> Loaded:
    """A balancer's member with these parameters, below these lines."""
    lines = ["Listen 80", *before, "<Proxy balancer://c>", f"BalancerMember http://m/app {words}", "</Proxy>"]
    return load_text("\n".join(lines))


def said_of(loaded: Loaded) -> str:
    """The first headline, and httpd's sentence behind it."""
    first = loaded.errors[0]
    return f"[{first.code}] {first.headline} | {' '.join(first.notes)}"
