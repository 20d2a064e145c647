"""RATE_LIMIT over real sockets."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.environment import Fixed
from tests.serve.served import Member, Served, request


@pytest.fixture
def member() -> Member:
    return Member()


def test_an_answer_that_is_paced_goes_portion_by_portion(tmp_path: Path, member: Member) -> None:
    limited = {"rate_limited": True, "variables": (Fixed(b"rate-limit", b"400", NOWHERE),)}
    with Served(tmp_path, member, scope=limited) as served:
        client = served.client()
        started = time.monotonic()
        client.send(request("GET", "/1") + request("GET", "/own/none"))
        peer = member.accept()
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"a" * 300000)
        assert client.answer()[2] == b"a" * 300000
        # 293 KiB at 400 a second, the first 80 of them at once.
        assert time.monotonic() - started > 0.45
        assert client.answer()[0] == 404
