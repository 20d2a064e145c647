"""What holds of traces without being said."""

from __future__ import annotations

from evenflow.origin import NOWHERE
from evenflow.plan.tracing import Tracing


def test_everything_is_told_and_nobody_is_believed() -> None:
    said = Tracing(NOWHERE, False, "127.0.0.1", 4318, "/v1/traces")
    assert (said.share, said.service, said.trusts_all, said.trusted) == (1.0, "evenflow", False, ())
