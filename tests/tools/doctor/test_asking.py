"""Requests as they are sent, answers as they are kept, and manners."""

from __future__ import annotations

import gzip
import time
import zlib

import pytest

from evenflow.tools.doctor.asking import AGENT, Cut, Enough, Jar, Manners, Unanswered, decode, read_cookie
from tests.tools.doctor.answering import Answering, answer


def test_the_target_is_sent_as_given_and_the_visitor_says_who_it_is() -> None:
    with Answering(lambda head: answer(200, b"x", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2")) as there:
        jar = Jar()
        there.asker().ask("/x%2F//y?<>", jar=jar)
        there.asker().ask("/", jar=jar)
    assert there.heads[0].startswith(b"GET /x%2F//y?<> HTTP/1.1\r\nHost: wiki.example.com\r\n")
    assert AGENT.encode() in there.heads[0] and b"Cookie: a=1; b=2\r\n" in there.heads[1]


def test_an_answer_keeps_fields_and_decoded_body() -> None:
    packed = gzip.compress(b"<html>page")
    with Answering(lambda head: answer(404, packed, "Content-Encoding: gzip", "Content-Type: text/html")) as there:
        said = there.asker().ask("/")
    assert (said.status, said.text, said.raw, said.is_html) == (404, "<html>page", packed, True)
    assert said.evidence("content-type") == "GET / -> 404; content-type: text/html; body `<html>page`"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "without an answer"),
        (b"nonsense\r\n\r\n", "nonsense"),
        (b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nxy", "2 of 9 bytes"),
        (b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nxy", "before its last chunk"),
    ],
)
def test_what_is_no_answer_says_why(said: bytes, why: str) -> None:
    with Answering(lambda head: said) as there, pytest.raises(Unanswered, match=why) as caught:
        there.asker().ask("/")
    assert isinstance(caught.value, Cut) == why.startswith(("2 of", "before its"))


def test_nobody_there() -> None:
    with Answering(lambda head: b"") as there:
        asker = there.asker()
    with pytest.raises(Unanswered, match="refused"):
        asker.ask("/")


def test_a_visit_is_slow_and_ends() -> None:
    manners = Manners(most=3, rate=20.0)
    began = time.monotonic()
    for _ in range(3):
        manners.wait_turn()
    assert time.monotonic() - began >= 0.1
    with pytest.raises(Enough, match="3 requests"):
        manners.wait_turn()


def test_bodies_are_decoded_or_not() -> None:
    assert decode(gzip.compress(b"a"), "gzip") == b"a" and decode(b"a", "") == b"a"
    assert decode(zlib.compress(gzip.compress(b"a")), "gzip, deflate") == b"a"
    assert decode(b"a", "gzip") is None and decode(b"a", "br") is None
    assert len(decode(gzip.compress(b"\0" * (8 << 20)), "gzip") or b"") == 1 << 20


def test_cookies_are_taken_apart() -> None:
    cookie = read_cookie("R=.1; Path=/x; HttpOnly ;Secure")
    assert cookie is not None and cookie.attributes == {"path": "/x", "httponly": "", "secure": ""}
    assert read_cookie("nonsense") is None and read_cookie("=x") is None
