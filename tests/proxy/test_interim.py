"""1xx answers."""

from __future__ import annotations

from tests.proxy.story import (
    OK,
    OK_SENT,
    Tell,
    answers,
    at_answer,
    done,
    failed,
    page,
    step,
    to_client,
)

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


def test_interim_answers_go_on_at_once(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(HINTS) << to_client(HINTS) << step("SENDING")
    story >> answers(HINTS + OK) << to_client(HINTS + OK_SENT) << done()


def test_an_http_1_0_client_knows_no_interim_answers(tell: Tell) -> None:
    story = at_answer(tell, version="1.0")
    story >> answers(HINTS) << to_client(b"")


def test_ten_interim_answers_are_enough(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(HINTS * 10) << to_client(HINTS * 10) << step("SENDING")
    story >> answers(HINTS) << page(502, "Too many (10) interim responses") << failed("head", story.exchange.why)


def test_a_100_that_nobody_asked_for_is_swallowed(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 100 Continue\r\n\r\n") << to_client(b"")
    story >> answers(OK) << to_client(OK_SENT) << done()
