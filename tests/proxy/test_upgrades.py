"""Upgrade: who may be asked for what, and what is agreed on."""

from __future__ import annotations

import pytest

from tests.proxy.story import (
    Tell,
    answers,
    at_answer,
    done,
    head,
    page,
    ready,
    step,
)

UPGRADE = ("Upgrade: WebSocket", "Connection: Upgrade")


WS = {"a": {"scheme": b"ws"}}


SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nX: 1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def test_connection_is_not_looked_at(tell: Tell) -> None:
    story = tell(WS)
    story >> head("GET", "/", "Upgrade: websocket") >> ready() >> answers(SWITCH) << step("SWITCHED")


def test_a_client_that_does_not_know_a_101_asks_for_none(tell: Tell) -> None:
    story = tell(WS)
    story >> head("GET", "/", "Upgrade: websocket", version="1.0") >> ready() >> answers(SWITCH)
    story << page(502, "Unexpected Upgrade: websocket (expecting none)")


@pytest.mark.parametrize(
    ("allowed", "asked", "granted"),
    [
        ((b"websocket",), "WEBSOCKET", True),
        ((b"any",), "foo/1, websocket", True),
        ((b"foo", b"websocket"), "h2c, websocket", True),
        ((b"foo",), "websocket", False),
        ((), "websocket", False),
    ],
)
def test_which_protocols_a_member_may_be_asked_for(
    tell: Tell, allowed: tuple[bytes, ...], asked: str, granted: bool
) -> None:
    story = tell({"a": {"upgrade": allowed}})
    story >> head("GET", "/", f"Upgrade: {asked}", "Connection: Upgrade") >> ready()
    assert (f"\r\nConnection: Upgrade\r\nUpgrade: {asked}\r\n".encode() in story.backend_got) is granted
    assert (b"\r\nConnection: Keep-Alive\r\n" in story.backend_got) is not granted


def test_a_switch_to_something_else_is_refused(tell: Tell) -> None:
    story = tell(WS)
    story >> head("GET", "/", *UPGRADE) >> ready() >> answers(SWITCH.replace(b"websocket", b"h2c"))
    story << page(502, "Unexpected Upgrade: h2c (expecting WebSocket)")


def test_a_switch_that_nobody_asked_for_is_refused(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(SWITCH) << page(502, "Unexpected Upgrade: websocket (expecting none)")


@pytest.mark.parametrize(("allowed", "goes_on"), [((b"websocket",), True), ((b"foo",), False), ((), False)])
def test_a_426_names_what_it_asks_for_where_the_member_may_have_it(
    tell: Tell, allowed: tuple[bytes, ...], goes_on: bool
) -> None:
    story = tell({"a": {"upgrade": allowed}})
    story >> head("GET", "/") >> ready()
    answer = b"HTTP/1.1 426 X\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n"
    story >> answers(answer) << done()
    assert (b"\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n" in story.client_got) is goes_on
