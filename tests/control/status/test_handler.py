"""Which form, and how often."""

from __future__ import annotations

import pytest

from evenflow.control.status.handler import answer, refresh_of
from tests.control.status.told import at_work


def ask(query: bytes, method: bytes = b"GET") -> tuple[int, dict[bytes, bytes], bytes]:
    plan, board = at_work()
    status, fields, body = answer(method, query, plan.hosts[0], plan, board, "evenflow/9")
    return status, dict(fields), body


def test_for_people_and_for_programs() -> None:
    status, fields, body = ask(b"")
    assert (status, fields[b"Content-Type"]) == (200, b"text/html; charset=ISO-8859-1")
    assert b"<h1>Server Status" in body and fields[b"Cache-Control"] == b"no-store"
    status, fields, body = ask(b"auto")
    assert fields[b"Content-Type"] == b"text/plain; charset=ISO-8859-1"
    assert b"\nTotal Accesses: 15\n" in body


def test_only_reading() -> None:
    status, fields, _ = ask(b"", b"POST")
    assert (status, fields[b"Allow"]) == (405, b"GET,HEAD")


@pytest.mark.parametrize(
    ("words", "seconds"),
    [([b""], 0), ([b"refresh=5"], 5), ([b"notable", b"refresh"], 10), ([b"refresh=x"], 10), ([b"refresh=-1"], 10)],
)
def test_refresh(words: list[bytes], seconds: int) -> None:
    assert refresh_of(words) == seconds
