"""A mask hides what no two runs share, and nothing that does not look so."""

from __future__ import annotations

import time

import pytest

from .casebook import Logged, LogLine, Request
from .client import Answer, Reply
from .logged import masked, stale, wrong_lines
from .members import Received
from .observed import PAGE, Seen


def seen(body: bytes, size: int, payload: bytes = b"") -> Seen:
    answer = Answer("HTTP/1.1", 404, "Not Found", [("Content-Type", PAGE)], body)
    received: list[Received] = []
    return Seen("httpd", Request(1, "GET /", "GET", payload, None), Reply(answer=answer, size=size), received)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("took=12 pid=77 pid=7f0a port=54321", "took=(number) pid=(number) pid=(number) port=(port)"),
        ("took=-1 port=80 pid=x", "took=-1 port=80 pid=x"),
        ("id=awHjTHyUaTmLHChT53XzHwAAAAY id=-", "id=(id) id=-"),
        ("id=Yx2+QBzb/FE pid=12/x", "id=(id) pid=(number)/x"),
        ("body=9 body=8 out=70 out=71 both=75", "body=(page) body=8 out=(sent) out=71 both=(both)"),
        ("time=12 time=[yesterday]", "time=12 time=[yesterday]"),
        ("a said=anything at all", "a said=(words)"),
        ("nothing named", "nothing named"),
    ],
)
def test_masks(line: str, expected: str) -> None:
    assert masked(line, [seen(b"not found", 70, b"GET /")]) == expected


def test_a_time_is_masked_if_it_is_now() -> None:
    now = time.time()
    near, far = (time.strftime("[%d/%b/%Y:%H:%M:%S +0000]", time.gmtime(at)) for at in (now, now - 9999))
    assert masked(f"time={near}", []) == "time=[00/aaa/0000:00:00:00 +0000]"
    assert masked(f"time={far}", []) == f"time={far}"
    assert masked(f"time={int(now)} time={int(now * 1000000)}", []) == "time=(10 digits) time=(16 digits)"


def test_what_a_case_says_is_held_against_both() -> None:
    told = Logged("logs/a.log", (LogLine("a", "a"), LogLine("b", "c", "some-row")), 1)
    assert wrong_lines(told, ["a", "b"], "httpd") == []
    assert wrong_lines(told, ["a", "c"], "evenflow") == []
    assert wrong_lines(told, ["a", "b"], "evenflow") != []
    assert stale(told) == []
    assert stale(Logged("logs/a.log", (LogLine("b", "b", "some-row"),), 1)) != []
