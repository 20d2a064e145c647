"""Where readiness is learnt: what holds without being said."""

from __future__ import annotations

from evenflow.origin import NOWHERE
from evenflow.plan.heartbeats import Heartbeats


def test_without_an_address_somebody_else_writes_the_file() -> None:
    said = Heartbeats(NOWHERE, "/run/hb.dat")
    assert (said.host, said.port, said.storage) == ("", 0, "/run/hb.dat")
