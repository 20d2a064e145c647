"""RequestReadTimeout, from settings to `plan.read_timeouts`; what is not said is httpd's default."""

from __future__ import annotations

from evenflow.config.settings import UNSET, ReadLimit, ReqTimeoutSettings, Unset
from evenflow.plan.read_timeouts import ReadTimeouts, Stage


def compile_read_timeouts(said: ReqTimeoutSettings) -> ReadTimeouts:
    """handshake=0 header=20-40,MinRate=500 body=20,MinRate=500"""
    return ReadTimeouts(
        stage(said.handshake, ReadLimit(0, 0, 0)),
        stage(said.header, ReadLimit(20, 40, 500)),
        stage(said.body, ReadLimit(20, 0, 500)),
    )


def stage(said: ReadLimit | Unset, default: ReadLimit) -> Stage:
    limit = default if said is UNSET else said
    return Stage(float(limit.first), float(limit.most), 1 / limit.rate if limit.rate else 0.0)
