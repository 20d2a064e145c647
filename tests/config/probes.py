"""Members with mod_proxy_hcheck's parameters, for tests of its language."""

from __future__ import annotations

from evenflow.config.loaded import Loaded
from tests.config.cases import load_text


def load_member(words: str, *before: str) -> Loaded:
    """A balancer's member with these parameters, below these lines."""
    lines = ["Listen 80", *before, "<Proxy balancer://c>", f"BalancerMember http://m/app {words}", "</Proxy>"]
    return load_text("\n".join(lines))


def said_of(loaded: Loaded) -> str:
    """The first headline, and httpd's sentence behind it."""
    first = loaded.errors[0]
    return f"[{first.code}] {first.headline} | {' '.join(first.notes)}"
