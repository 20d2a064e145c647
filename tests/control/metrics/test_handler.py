"""One look at the numbers, and nothing but looking."""

from __future__ import annotations

from evenflow.control.metrics.handler import answer
from tests.control.status.told import at_work


def test_the_page() -> None:
    plan, board = at_work()
    status, fields, body = answer(b"GET", plan, board)
    assert (status, dict(fields)[b"Content-Type"]) == (200, b"text/plain; version=0.0.4; charset=utf-8")
    assert b"\nevenflow_requests_total 15\n" in body


def test_only_reading() -> None:
    plan, board = at_work()
    assert answer(b"POST", plan, board)[0] == 405
