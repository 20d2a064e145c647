"""RequestReadTimeout and its defaults."""

from __future__ import annotations

from evenflow.compiler.read_timeouts import compile_read_timeouts
from evenflow.config.settings import ReadLimit, ReqTimeoutSettings


def test_defaults_are_httpds() -> None:
    made = compile_read_timeouts(ReqTimeoutSettings())
    assert (made.handshake.first, made.header.first, made.header.most) == (0.0, 20.0, 40.0)
    assert (made.body.first, made.body.most, made.body.per_byte) == (20.0, 0.0, 0.002)


def test_one_stage_is_said() -> None:
    made = compile_read_timeouts(ReqTimeoutSettings(header=ReadLimit(5, 0, 0)))
    assert (made.header.first, made.header.most, made.header.per_byte) == (5.0, 0.0, 0.0)
    assert made.body.first == 20.0
