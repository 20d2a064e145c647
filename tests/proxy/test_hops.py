"""Max-Forwards."""

from __future__ import annotations

import pytest

from evenflow.proxy.hops import ENDS, GARBLED, PASSES, judge
from tests.proxy.story import Tell, connect, head, page, step


@pytest.mark.parametrize(
    "value, judged",
    [
        (b"1", PASSES),
        (b" 10 ", PASSES),
        (b"0", ENDS),
        (b"000", ENDS),
        (b"", GARBLED),
        (b"-1", GARBLED),
        (b"3x", GARBLED),
        (b"9223372036854775807", GARBLED),
        (b"9" * 4000, GARBLED),
    ],
)
def test_it_is_judged(value: bytes, judged: int) -> None:
    assert judge(value) == judged


def test_a_request_goes_on_while_proxies_are_left(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/", "Max-Forwards: 1") << connect("a")


@pytest.mark.parametrize(("value", "why"), [("0", "loop?"), ("x", "could not be parsed")])
def test_a_request_that_may_go_no_further_is_refused(tell: Tell, value: str, why: str) -> None:
    story = tell()
    story >> head("GET", "/", f"Max-Forwards: {value}") << page(400, why)


def test_trace_that_may_go_no_further_is_answered_here(tell: Tell) -> None:
    story = tell()
    story >> head("TRACE", "/", "Max-Forwards: 0") << step("OWN")
    assert story.exchange.ends_here
    assert story.exchange.status == 0
