"""What a probe asks for."""

from __future__ import annotations

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.probes import Probe


@pytest.mark.parametrize(("method", "target"), [(b"GET", b"/h"), (b"HEAD", b"/h"), (b"OPTIONS", b"*")])
def test_the_target(method: bytes, target: bytes) -> None:
    assert Probe(method, 10, 30.0, 1, 1, b"/h", None, NOWHERE).target == target
