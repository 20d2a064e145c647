"""Addresses and networks, from text to numbers."""

from __future__ import annotations

from evenflow.compiler.findings import Refused
from evenflow.config.directives.authz import read_network
from evenflow.plan.access import Network


def compile_network(text: str) -> Network:
    """Raises `Refused`."""
    found = read_network(text)
    if found is None:
        raise Refused(
            "address-malformed",
            f"`{text}` is not an address: write `10.0.0.1`, `10.0.0.0/8`, `10.1` or `2001:db8::/32`",
        )
    return Network(*found)
