"""The handler evenflow-metrics: one look at the scoreboard, in Prometheus's text format."""

from __future__ import annotations

import time

from evenflow.control.metrics.collect import collect
from evenflow.control.metrics.exposition import CONTENT_TYPE, write
from evenflow.plan.model import Plan
from evenflow.slotmem.scoreboard import Scoreboard

NO_STORE = (b"Cache-Control", b"no-store")


def answer(method: bytes, plan: Plan, scoreboard: Scoreboard) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """(status, fields, body)."""
    if method not in (b"GET", b"HEAD"):
        return 405, [(b"Allow", b"GET,HEAD")], b""
    body = write(collect(plan, scoreboard, time.monotonic()))
    return 200, [(b"Content-Type", CONTENT_TYPE), NO_STORE], body
