"""Which connections begin with a PROXY preamble."""

from __future__ import annotations

from evenflow.plan.access import Network
from evenflow.plan.preambles import Preambles


def test_addresses_and_exceptions() -> None:
    said = Preambles(((b"", 443), (b"10.0.0.1", 0)), ((b"10.0.0.2", 443),), (Network(32, 0x0A000000, 0xFF000000),))
    assert said.wanted(b"127.0.0.1", 443, b"192.0.2.1")
    assert not said.wanted(b"127.0.0.1", 80, b"192.0.2.1")
    assert said.wanted(b"10.0.0.1", 80, b"192.0.2.1")
    assert not said.wanted(b"10.0.0.2", 443, b"192.0.2.1")
    assert not said.wanted(b"127.0.0.1", 443, b"10.1.2.3")
