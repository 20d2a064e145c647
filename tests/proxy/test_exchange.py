"""Exchanges told as stories: every step, both directions, and what is left behind in each."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from evenflow.plan.access import Network
from evenflow.plan.edits import ADD, ENV, SET, TEXT, Edit, Format
from evenflow.plan.environment import PATH, Change, Line
from evenflow.plan.expires import Expiry
from evenflow.plan.model import Reverse
from evenflow.plan.patterns import Pattern
from evenflow.proxy import exchange as steps
from tests.proxy import story as told
from tests.proxy.story import (
    Story,
    answers,
    client_leaves,
    connect,
    cut,
    done,
    elect,
    failed,
    head,
    member_closes,
    member_is_silent,
    next_request,
    page,
    ready,
    refused,
    seconds,
    sends,
    step,
    to_backend,
    to_client,
    unknown_name,
)

Tell = Callable[..., Story]

FORWARDED = b"X-Forwarded-For: 10.0.0.9\r\nX-Forwarded-Host: www.example\r\nX-Forwarded-Server: www.example\r\n"
DATE = b"Date: " + told.DATE + b"\r\nServer: evenflow\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
OK_SENT = b"HTTP/1.1 200 OK\r\n" + DATE + b"Content-Length: 2\r\n\r\nok"


def request_to(
    member: str, start: str, fields: bytes = b"", body: bytes = b"", end: bytes = b"Connection: Keep-Alive"
) -> bytes:
    """What a member gets."""
    return f"{start} HTTP/1.1\r\nHost: {member}:8090\r\n".encode() + fields + FORWARDED + body + end + b"\r\n\r\n"


def at_answer(tell: Tell, method: str = "GET", *fields: str, version: str = "1.1", **said: Any) -> Story:
    """A story whose request went to member a."""
    story = tell(**said)
    story >> head(method, "/", *fields, version=version) << connect("a")
    story >> ready()
    story.backend_got = b""
    return story


def test_the_story_numbers_the_steps_as_the_exchange_does() -> None:
    if hasattr(steps, "IDLE"):
        assert [getattr(steps, name) for name in told.STEPS] == list(range(len(told.STEPS)))


# --- ordinary requests --------------------------------------------------------------------------------------------


def test_a_request_and_its_answer(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/a?b=c", "Accept: */*") << connect("a")
    story >> ready() << to_backend(request_to("a", "GET /a?b=c", b"Accept: */*\r\n")) << step("SENDING")
    story >> answers(OK) << to_client(OK_SENT) << done()


def test_requests_on_one_connection_go_round(tell: Tell) -> None:
    story = tell()
    for name in ("a", "b", "a"):
        story >> head("GET", "/") << connect(name)
        story >> ready() >> answers(OK) << to_client(OK_SENT) << done()
        story >> next_request() << step("IDLE")


def test_pipelined_requests_wait_for_their_turn(tell: Tell) -> None:
    story = tell()
    story >> sends(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /3 HT") << connect("a")
    story >> ready() >> answers(OK) << done()
    assert b"GET /1 " in story.backend_got and b"GET /2" not in story.backend_got
    story >> next_request() << connect("b")
    story >> ready() >> answers(OK) << done()
    assert b"GET /2 " in story.backend_got
    story >> next_request() << step("IDLE")
    story >> sends(b"TP/1.1\r\nHost: h\r\n\r\n") << connect("a")


def test_a_head_byte_by_byte(tell: Tell) -> None:
    story = tell()
    for byte in b"\r\n\r\nGET /x HTTP/1.1\r\nHost: www.example\r\n\r":
        story >> sends(bytes((byte,))) << step("IDLE")
    story >> sends(b"\n") << connect("a")
    story >> ready() << to_backend(request_to("a", "GET /x"))
    for at in range(len(OK) - 1):
        story >> answers(OK[at : at + 1])
        assert story.exchange.step in (told.SENDING, told.ANSWERING)
    story >> answers(OK[-1:]) << to_client(OK_SENT) << done()


def test_a_body_with_a_length_goes_along(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Content-Length: 5") >> sends(b"he") << connect("a")
    story >> ready() << to_backend(request_to("a", "POST /", body=b"Content-Length: 5\r\n") + b"he")
    story >> sends(b"lloGET /next") << to_backend(b"llo")
    assert story.unread == b"GET /next"
    story >> answers(OK) << done()


def test_an_empty_body_that_was_announced_is_announced(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Content-Length: 0") >> ready()
    story << to_backend(request_to("a", "POST /", body=b"Content-Length: 0\r\n"))
    story >> answers(OK) << done()


@pytest.mark.parametrize("bytewise", [False, True])
def test_a_small_chunked_request_is_sent_with_its_length(tell: Tell, bytewise: bool) -> None:
    story = tell()
    story >> head("POST", "/", "Transfer-Encoding: chunked") << step("BODY")
    body = b"3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX-Trailer: 1\r\n\r\n"
    for piece in [bytes((byte,)) for byte in body] if bytewise else [body]:
        story >> sends(piece)
    story >> sends(b"GET /next") << connect("a")
    story >> ready()
    story << to_backend(request_to("a", "POST /", body=b"Content-Length: 19\r\n") + b"abc0123456789abcdef")
    assert story.unread == b"GET /next"
    story >> answers(OK) << done()


def test_a_chunked_request_of_exactly_16_kib_is_sent_with_its_length(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Transfer-Encoding: chunked") >> sends(b"4000\r\n" + b"x" * 16384 + b"\r\n0\r\n\r\n")
    story >> ready() << to_backend(request_to("a", "POST /", body=b"Content-Length: 16384\r\n") + b"x" * 16384)


def test_a_large_chunked_request_is_sent_chunked(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Transfer-Encoding: chunked") >> sends(b"4001\r\n" + b"x" * 16385) << connect("a")
    story >> ready()
    start = request_to("a", "POST /", body=b"Transfer-Encoding: chunked\r\n")
    story << to_backend(start + b"4001\r\n" + b"x" * 16385 + b"\r\n")
    story >> sends(b"\r\n5\r\nhel") << to_backend(b"3\r\nhel\r\n")
    story >> sends(b"lo\r\n0\r\nTrailer: 1\r\n\r\nGET /next") << to_backend(b"2\r\nlo\r\n0\r\n\r\n")
    assert story.unread == b"GET /next"
    story >> answers(OK) << done()


def test_a_large_chunked_request_that_is_here_as_a_whole_ends_its_chunks(tell: Tell) -> None:
    story = tell()
    body = b"4001\r\n" + b"x" * 16385 + b"\r\n0\r\n\r\n"
    story >> head("POST", "/", "Transfer-Encoding: chunked") >> sends(body) << connect("a")
    story >> refused() >> ready()
    story << to_backend(request_to("b", "POST /", body=b"Transfer-Encoding: chunked\r\n") + body)
    story >> answers(OK) << done()


def test_a_large_body_is_lent_not_copied(tell: Tell) -> None:
    story = tell()
    story >> head("PUT", "/", "Content-Length: 200000") >> ready()
    story.backend_got = b""
    data = random.Random(1).randbytes(200000)
    story >> sends(data) << to_backend(data)
    assert story.most_lent == 200000
    story.most_lent = 0
    story >> answers(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n")
    story.client_got = b""
    story >> answers(data) << to_client(data) << done()
    assert story.most_lent == 200000


# --- answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bytewise", [False, True])
def test_a_chunked_answer_is_framed_anew(tell: Tell, bytewise: bool) -> None:
    story = at_answer(tell)
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;ext\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"
    )
    story >> answers(*([bytes((byte,)) for byte in answer] if bytewise else [answer])) << done()
    start, _, body = story.client_got.partition(b"\r\n\r\n")
    assert start == b"HTTP/1.1 200 OK\r\n" + DATE + b"Transfer-Encoding: chunked"
    assert unchunked(body) == b"abcde"
    assert b"X-Trailer" not in story.client_got


def unchunked(body: bytes) -> bytes:
    """A chunked body, read slowly; nothing may follow it."""
    found = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            assert body == b"\r\n"
            return found
        found += body[:length]
        assert body[length : length + 2] == b"\r\n"
        body = body[length + 2 :]


def test_an_answer_that_ends_with_the_connection_is_chunked(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 200 OK\r\n\r\nabc", b"de") << step("ANSWERING")
    story >> member_closes() << done(keep_backend=False)
    start, _, body = story.client_got.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in start
    assert unchunked(body) == b"abcde"


def test_an_empty_answer_that_ends_with_the_connection(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 200 OK\r\n\r\n") >> member_closes() << done(keep_backend=False)
    assert story.client_got.endswith(b"\r\n\r\n0\r\n\r\n")


@pytest.mark.parametrize("framing", [b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"\r\nabc"])
def test_an_http_1_0_client_reads_up_to_the_end(tell: Tell, framing: bytes) -> None:
    story = at_answer(tell, "GET", "Connection: keep-alive", version="1.0")
    story >> answers(b"HTTP/1.1 200 OK\r\n" + framing)
    if story.exchange.step != told.DONE:
        story >> member_closes()
    assert not story.exchange.keep_client
    story << to_client(b"HTTP/1.1 200 OK\r\n" + DATE + b"Connection: close\r\n\r\nabc")


def test_a_length_beside_a_transfer_coding_is_dropped(tell: Tell) -> None:
    story = at_answer(tell)
    (
        story
        >> answers(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n")
        << done()
    )
    assert b"Content-Length" not in story.client_got


@pytest.mark.parametrize(
    ("method", "answer", "says"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"Content-Length: 9\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"Transfer-Encoding: chunked\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b""),
    ],
)
def test_answers_without_a_body(tell: Tell, method: str, answer: bytes, says: bytes) -> None:
    """What is said of a length is httpd's; no byte of a body follows."""
    story = at_answer(tell, method)
    story >> answers(answer) << done()
    assert story.client_got == answer[: answer.index(b"\n") + 1] + DATE + says + b"\r\n"


def test_more_than_was_announced_is_nobodys(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(OK + b"HTTP/1.1 200 Evil\r\n\r\n") << to_client(OK_SENT) << done(keep_backend=False)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 304 Not Modified\r\n\r\nbody", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nx"]
)
def test_a_body_where_none_may_be_ends_the_members_connection(tell: Tell, answer: bytes) -> None:
    story = at_answer(tell)
    story >> answers(answer) << done(keep_backend=False)
    assert story.client_got.endswith(b"\r\n\r\n")


def test_bytes_behind_the_last_chunk_end_the_members_connection(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx") << done(keep_backend=False)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (OK, True),
        (OK.replace(b"Content", b"Connection: close\r\nContent"), False),
        (OK.replace(b"1.1", b"1.0"), False),
        (OK.replace(b"1.1", b"1.0").replace(b"Content", b"Connection: Keep-Alive\r\nContent"), True),
    ],
)
def test_whether_the_members_connection_is_kept(tell: Tell, answer: bytes, kept: bool) -> None:
    story = at_answer(tell)
    story >> answers(answer) << to_client(OK_SENT) << done(keep_backend=kept)


@pytest.mark.parametrize("field", ["generic", "disable_reuse"])
def test_a_member_whose_connections_are_not_kept_is_told(tell: Tell, field: str) -> None:
    story = tell({"a": {field: True}})
    story >> head("GET", "/") >> ready() << to_backend(request_to("a", "GET /", end=b"Connection: close"))
    story >> answers(OK) << done(keep_backend=False)


# --- the client's connection --------------------------------------------------------------------------------------


def test_close_was_asked_for(tell: Tell) -> None:
    story = at_answer(tell, "GET", "Connection: close")
    story >> answers(OK) << done(keep_client=False)
    assert b"\r\nConnection: close\r\n" in story.client_got


def test_keep_alive_was_asked_for(tell: Tell) -> None:
    story = at_answer(tell, "GET", "Connection: keep-alive")
    story >> answers(OK) << done()
    assert story.client_got == OK_SENT.replace(
        b"\r\n\r\n", b"\r\nKeep-Alive: timeout=5, max=100\r\nConnection: Keep-Alive\r\n\r\n"
    )


def test_keep_alive_without_an_end(tell: Tell) -> None:
    story = at_answer(
        tell, "GET", "Connection: keep-alive", host={"max_keep_alive_requests": 0, "keep_alive_timeout": 7.0}
    )
    story >> answers(OK) << done()
    assert b"Keep-Alive: timeout=7\r\nConnection: Keep-Alive\r\n" in story.client_got


@pytest.mark.parametrize(("fields", "kept"), [((), False), (("Connection: Keep-Alive",), True)])
def test_http_1_0_keeps_if_it_asks(tell: Tell, fields: tuple[str, ...], kept: bool) -> None:
    story = at_answer(tell, "GET", *fields, version="1.0")
    story >> answers(OK) << done(keep_client=kept)


def test_max_keep_alive_requests_serves_one_more(tell: Tell) -> None:
    story = tell(host={"max_keep_alive_requests": 2})
    for last in (False, False, True):
        story >> head("GET", "/") >> ready() >> answers(OK) << done(keep_client=not last)
        assert (b"Connection: close" in story.client_got) is last
        story >> next_request()
        story.client_got = b""


def test_keep_alive_off_and_draining(tell: Tell) -> None:
    story = at_answer(tell, host={"keep_alive": False})
    story >> answers(OK) << done(keep_client=False)
    story = tell()
    story.world.routes.draining = True
    story >> head("GET", "/") >> ready() >> answers(OK) << done(keep_client=False)


@pytest.mark.parametrize("status", [400, 408, 411, 413, 414, 500, 501, 503])
def test_statuses_that_end_the_connection(tell: Tell, status: int) -> None:
    story = at_answer(tell, "GET", "Connection: keep-alive")
    story >> answers(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status) << done(keep_client=False)
    story << to_client(b"HTTP/1.1 %d X\r\n" % status + DATE + b"Content-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize("status", [404, 502, 504])
def test_statuses_that_do_not(tell: Tell, status: int) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status) << done()


# --- fields -------------------------------------------------------------------------------------------------------


def test_fields_that_end_here(tell: Tell) -> None:
    story = tell()
    story >> head(
        "GET", "/", "A: 1", "Connection: close, X-Hop", "X-Hop: 1", "Keep-Alive: 5", "Proxy-Connection: x",
        "TE: trailers", "Trailer: x", "Upgrade: h2c", "Proxy-Authorization: kept", "B: 2",
    )  # fmt: skip
    story >> ready() << to_backend(request_to("a", "GET /", b"A: 1\r\nProxy-Authorization: kept\r\nB: 2\r\n"))
    story >> answers(
        b"HTTP/1.1 200 OK\r\nA: 1\r\nConnection: X-Hop\r\nx-hop: 1\r\nKeep-Alive: 5\r\nTE: x\r\n"
        b"Trailer: x\r\nUpgrade: h2c\r\n"
        b"Proxy-Authenticate: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n"
    )
    story << to_client(
        b"HTTP/1.1 200 OK\r\n"
        + DATE
        + b"A: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )


def test_who_asked_cannot_be_hidden_by_naming_it_in_connection(tell: Tell) -> None:
    story = tell()
    story >> head(
        "GET", "/", "X-Forwarded-For: 1.2.3.4", "Connection: X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Server"
    )
    story >> ready() << to_backend(request_to("a", "GET /"))


def test_a_length_named_in_connection_still_frames_the_answer(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(OK.replace(b"Content", b"Connection: content-length\r\nContent")) << to_client(OK_SENT) << done()


def test_forwarding_fields_are_appended(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/", "X-Forwarded-For: 1.2.3.4", "X: y", "X-Forwarded-Host: h", "X-Forwarded-Server: s")
    story >> ready()
    lines = b"X-Forwarded-For: 1.2.3.4, 10.0.0.9\r\nX: y\r\nX-Forwarded-Host: h, www.example\r\n"
    lines += b"X-Forwarded-Server: s, www.example\r\n"
    story << to_backend(b"GET / HTTP/1.1\r\nHost: a:8090\r\n" + lines + b"Connection: Keep-Alive\r\n\r\n")


def test_repeated_fields_are_joined(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/", "Cookie: a=1", "X-M: 1", "Cookie: b=2", "X-M: 2") >> ready()
    story << to_backend(request_to("a", "GET /", b"Cookie: a=1, b=2\r\nX-M: 1, 2\r\n"))


def test_the_authority_of_an_absolute_target_is_the_host_both_ways(tell: Tell) -> None:
    for more in ((), ("X: 1", "X: 2")):
        story = tell(scope={"preserve_host": True})
        story >> head("GET", "http://true.example/", "Host: false.example", *more) >> ready()
        assert b"Host: true.example\r\n" in story.backend_got
        assert b"X-Forwarded-Host: true.example\r\n" in story.backend_got
        assert b"false" not in story.backend_got


# --- edits, reversed locations, Via -------------------------------------------------------------------------------


def test_a_location_is_reversed(tell: Tell) -> None:
    story = at_answer(tell, scope={"reverses": (Reverse((b"http://a:8090/",), b"/", told.NOWHERE),)})
    story >> answers(b"HTTP/1.1 302 Found\r\nLocation: http://a:8090/login\r\nContent-Length: 0\r\n\r\n") << done()
    assert b"\r\nLocation: http://www.example/login\r\n" in story.client_got


def test_via_is_added_where_it_is_on(tell: Tell) -> None:
    story = tell(scope={"via": b"on"})
    story >> head("GET", "/", "Via: 1.0 x") >> ready()
    assert b"\r\nVia: 1.0 x, 1.1 www.example\r\n" in story.backend_got
    story >> answers(OK) << done()
    assert b"\r\nVia: 1.1 www.example\r\n" in story.client_got


# --- interim answers ----------------------------------------------------------------------------------------------

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


EXPECTING = ("Content-Length: 5", "Expect: 100-continue")


def test_the_body_waits_for_the_members_100(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", *EXPECTING) >> sends(b"hello") << connect("a")
    story >> ready() << to_backend(request_to("a", "POST /", b"Expect: 100-continue\r\n", b"Content-Length: 5\r\n"))
    assert story.unread == b"hello"
    (
        story
        >> answers(b"HTTP/1.1 100 Continue\r\n\r\n")
        << to_client(b"HTTP/1.1 100 Continue\r\n\r\n")
        << to_backend(b"hello")
    )
    story >> answers(OK) << to_client(OK_SENT) << done()


def test_a_chunked_body_waits_too(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Transfer-Encoding: chunked", "Expect: 100-Continue") << connect("a")
    story >> ready()
    assert b"\r\nTransfer-Encoding: chunked\r\n" in story.backend_got
    story.backend_got = b""
    (
        story
        >> answers(b"HTTP/1.1 100 Continue\r\n\r\n")
        >> sends(b"2\r\nhi\r\n0\r\n\r\n")
        << to_backend(b"2\r\nhi\r\n0\r\n\r\n")
    )
    story >> answers(OK) << done()


def test_a_final_status_instead_of_100(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", *EXPECTING) >> ready() >> answers(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")
    story << done(keep_client=False, keep_backend=False)
    story >> sends(b"hello")
    assert story.unread == b"hello"


def test_an_expectation_without_a_body_is_none(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/", "Expect: 100-continue") >> ready() >> answers(OK) << done()


def test_another_expectation_is_refused(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Content-Length: 5", "Expect: magic") << page(417, close=True) << to_backend(b"")
    story.next_request()
    story >> head("GET", "/", "Expect: magic") << page(417, close=True) << to_backend(b"")


# --- early answers ------------------------------------------------------------------------------------------------


def test_an_answer_before_the_request_body_ended(tell: Tell) -> None:
    story = at_answer(tell, "POST", "Content-Length: 10")
    story >> sends(b"12345") >> answers(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nea") << step("ANSWERING")
    story >> sends(b"678") << to_backend(b"12345678")
    story >> answers(b"ly") << done(keep_client=False, keep_backend=False)
    assert b"\r\nConnection: close\r\n" in story.client_got


def test_an_answer_that_begins_early_and_ends_after_the_request(tell: Tell) -> None:
    story = at_answer(tell, "POST", "Content-Length: 2")
    story >> answers(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no") >> sends(b"hi") >> answers(b"k")
    story << done(keep_client=False)


@pytest.mark.parametrize("how", ["override", "closed", "silent", "garbage"])
def test_the_rest_of_a_body_is_never_a_request(tell: Tell, how: str) -> None:
    """An answer of ours while the request body is on its way: its rest must not be read as the next request."""
    story = at_answer(tell, "POST", "Content-Length: 100", scope={"error_override": True})
    story >> sends(b"12345")
    if how == "override":
        story >> answers(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") << page(404, close=True)
    elif how == "closed":
        story >> member_closes() << page(502, close=True)
    elif how == "silent":
        story >> member_is_silent() << page(502, close=True)
    else:
        story >> answers(b"garbage\r\n\r\n") << page(502, close=True)


def with_variable(name: bytes) -> dict[str, Any]:
    """A virtual host in which every request has this variable."""
    line = Line(PATH, b"request_uri", (Change(name, (b"1",)),), told.NOWHERE)
    line.pattern = Pattern(b"", False)
    return {"early": (line,)}


def test_a_member_of_1_0_never_hears_of_chunks_nor_of_a_100(tell: Tell) -> None:
    """HTTP/1.0 knows neither: it would take the chunks for the next request, or wait for the body for ever."""
    story = tell(members={"a": {}}, host=with_variable(b"force-proxy-request-1.0"))
    story >> head("POST", "/", "Transfer-Encoding: chunked", "Expect: 100-continue")
    story << to_client(b"HTTP/1.1 100 Continue\r\n\r\n")
    story >> sends(b"5\r\nhello\r\n0\r\n\r\n") << connect("a")
    story >> ready()
    sent = b"POST / HTTP/1.0\r\nHost: a:8090\r\n" + FORWARDED + b"Content-Length: 5\r\n\r\nhello"
    story << to_backend(sent)
    story = tell(members={"a": {}}, host=with_variable(b"force-proxy-request-1.0"))
    story >> head("POST", "/", "Content-Length: 5", "Expect: 100-continue") << connect("a")
    story << to_client(b"HTTP/1.1 100 Continue\r\n\r\n")
    story >> ready()
    story >> sends(b"hello")
    story << to_backend(sent)


def test_proxy_sendcl_sends_a_length_though_a_100_is_expected(tell: Tell) -> None:
    story = tell(members={"a": {}}, host=with_variable(b"proxy-sendcl"))
    story >> head("POST", "/", "Transfer-Encoding: chunked", "Expect: 100-continue")
    story << to_client(b"HTTP/1.1 100 Continue\r\n\r\n")
    story >> sends(b"5\r\nhello\r\n0\r\n\r\n") << connect("a")
    story >> ready()
    got = story.backend_got
    assert b"\r\nContent-Length: 5\r\n" in got and got.endswith(b"\r\n\r\nhello")
    assert b"Transfer-Encoding" not in got and b"Expect" not in got


@pytest.mark.parametrize("blames", [True, False])
def test_a_name_that_a_client_invents_puts_no_member_into_error(tell: Tell, blames: bool) -> None:
    story = tell(members={"a": {}})
    story >> head("GET", "/") << connect("a")
    story.exchange.handshake_failed("the certificate is for another", story.now, blames)
    story << failed("connect", "the certificate is for another", in_error=blames) << page(500)


def document(path: bytes) -> told.Event:
    """In the place of the page that it wants, the exchange looks for an ErrorDocument."""

    def event(story: Story) -> None:
        exchange = story.exchange
        assert told.step_of(story) == "OWN"
        exchange.begin_document(path, exchange.status or exchange.decision.status, b"Not Found", story.now)
        story.empty()

    return event


@pytest.mark.parametrize("way", ["passed on", "held back", "answered here", "half here", "in chunks"])
def test_an_error_document_is_asked_for_without_the_body(tell: Tell, way: str) -> None:
    """A length without its bytes would make the member wait, and take what comes next on that connection for them."""
    story = tell(members={"a": {}}, scope={"error_override": way != "answered here"})
    size = "Transfer-Encoding: chunked" if way == "in chunks" else "Content-Length: 5"
    expects = ("Expect: 100-continue",) if way == "held back" else ()
    story >> head("POST", "/own" if way == "answered here" else "/", size, *expects)
    if way == "in chunks":
        story >> sends(b"5\r\nhello\r\n0\r\n\r\n")
    if way != "answered here":
        story << connect("a")
        story >> ready()
    if way in ("passed on", "answered here"):
        story >> sends(b"hello")
    elif way == "half here":
        story >> sends(b"he")
    if way != "answered here":
        story >> answers(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    story.backend_got = b""
    story >> document(b"/err") << connect("a")
    story >> ready()
    if way == "half here":
        story >> sends(b"llo")
    story << to_backend(request_to("a", "GET /err"))
    story >> answers(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    assert told.step_of(story) in ("OWN", "DONE")


def test_an_answer_that_lives_longer_than_dates_go(tell: Tell) -> None:
    story = at_answer(tell, scope={"expires_on": True, "expires_default": Expiry(False, 10**13)})
    story >> answers(OK) << done()
    assert b"\r\nExpires: Fri, 31 Dec 9999 23:59:59 GMT\r\n" in story.client_got


# --- tunnels ------------------------------------------------------------------------------------------------------

UPGRADE = ("Upgrade: WebSocket", "Connection: Upgrade")
WS = {"a": {"scheme": b"ws"}}
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nX: 1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def test_a_tunnel_begins(tell: Tell) -> None:
    story = tell(WS)
    story >> head("GET", "/ws", *UPGRADE) >> sends(b"early") >> ready()
    story << to_backend(request_to("a", "GET /ws", end=b"Connection: Upgrade\r\nUpgrade: WebSocket"))
    story >> answers(SWITCH + b"hello") << step("SWITCHED")
    switch = b"HTTP/1.1 101 Switching Protocols\r\nX: 1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n"
    story << to_client(switch + b"hello")
    assert story.unread == b"early"
    assert story.busy() == [1, 0]


def test_connection_is_not_looked_at(tell: Tell) -> None:
    story = tell(WS)
    story >> head("GET", "/", "Upgrade: websocket", version="1.0") >> ready() >> answers(SWITCH) << step("SWITCHED")


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


def test_a_member_that_does_not_switch_answers(tell: Tell) -> None:
    story = tell(WS)
    story >> head("GET", "/", *UPGRADE) >> ready() >> answers(OK) << to_client(OK_SENT) << done()


def test_the_100_of_a_member_may_come_before_its_101(tell: Tell) -> None:
    story = tell(WS)
    (
        story
        >> head("GET", "/", *UPGRADE)
        >> ready()
        >> answers(b"HTTP/1.1 100 Continue\r\n\r\n" + SWITCH)
        << step("SWITCHED")
    )


# --- members that fail --------------------------------------------------------------------------------------------


def test_a_member_that_refuses_is_passed_over(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/") << connect("a")
    story >> refused() << failed("connect", "refused", in_error=True, repeated=True) << connect("b")
    story >> ready() << to_backend(request_to("b", "GET /"))
    story >> answers(OK) << done()
    for _ in range(2):
        story >> next_request() >> head("GET", "/") << connect("b")
        story >> ready() >> answers(OK) << done()
    chosen = set()
    for _ in range(2):
        story >> next_request() >> seconds(61) >> head("GET", "/") << step("MEMBER")
        chosen.add(story.exchange.slot.member.host)
        story >> ready() >> answers(OK) << done()
    assert chosen == {"a", "b"}


def test_a_body_survives_a_refusal(tell: Tell) -> None:
    story = tell()
    (
        story
        >> head("POST", "/", "Transfer-Encoding: chunked")
        >> sends(b"2\r\nhi\r\n0\r\n\r\n")
        >> refused()
        << connect("b")
    )
    story >> ready() << to_backend(request_to("b", "POST /", body=b"Content-Length: 2\r\n") + b"hi")


def test_nobody_is_left(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/") >> refused() << connect("b")
    story >> refused("timeout") << failed("connect", "timeout", in_error=True) << page(503)


def test_forcerecovery_tries_everybody_again(tell: Tell) -> None:
    story = tell()
    for _ in range(2):
        story >> head("GET", "/") << step("MEMBER")
        story >> refused() << step("MEMBER")
        story >> refused() << page(503)
        story.next_request()


def test_without_forcerecovery_there_is_nobody(tell: Tell) -> None:
    story = tell(balancer={"forcerecovery": False})
    story >> head("GET", "/") >> refused() >> refused() << page(503)
    story.next_request()
    story >> head("GET", "/") << page(503, "balancer c: every member is in error")
    story.next_request()
    story >> seconds(61) >> head("GET", "/") << step("MEMBER")


def test_maxattempts_counts_the_attempts_after_the_first(tell: Tell) -> None:
    story = tell({"a": {}, "b": {}, "c": {}}, balancer={"maxattempts": 1})
    story >> head("GET", "/") >> refused() << step("MEMBER")
    story >> refused() << page(503)
    story.next_request()
    story >> head("GET", "/") << connect("c")


def test_a_member_that_ignores_errors_is_not_passed_over(tell: Tell) -> None:
    story = tell({"a": {"status": b"I"}, "b": {}})
    story >> head("GET", "/") << connect("a")
    story >> refused() << failed("connect", "refused") << page(503)


def test_a_plain_member_is_never_in_error(tell: Tell) -> None:
    story = tell()
    for _ in range(2):
        story >> head("GET", "/plain") << connect("plain")
        story >> refused() << failed("connect", "refused") << page(503)
        story.next_request()
    story >> head("GET", "/plain") >> ready() >> answers(OK) << done()


def test_a_name_without_address(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/") >> unknown_name() << failed("connect", "Name or service not known", in_error=True)
    assert story.exchange.attempts == 1
    story << page(500, "DNS lookup failure for: a")
    story.next_request()
    story >> head("GET", "/") << connect("b")


def test_a_balancer_may_wait_for_a_member(tell: Tell) -> None:
    story = tell({"a": {"retry": 3.0}}, balancer={"timeout": 5.0, "forcerecovery": False, "maxattempts": 0})
    story >> head("GET", "/") >> refused() << page(503)
    story.next_request()
    story >> head("GET", "/") << step("WAIT")
    story >> seconds(2) >> elect() << step("WAIT")
    story >> seconds(2) >> elect() << connect("a")
    story >> refused() << page(503)
    story.next_request()
    story >> head("GET", "/") << step("WAIT")


def test_waiting_has_an_end(tell: Tell) -> None:
    story = tell({"a": {}}, balancer={"timeout": 5.0, "forcerecovery": False, "maxattempts": 0})
    story >> head("GET", "/") >> refused() << page(503)
    story.next_request()
    story >> head("GET", "/") << step("WAIT")
    story >> seconds(5) >> elect() << page(503)


# --- repeating ----------------------------------------------------------------------------------------------------


def test_a_kept_connection_that_died_is_replaced_by_a_fresh_one(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "X: 1")
    story.exchange.client_gone()
    story.next_request()
    story >> head("GET", "/") << connect("b")
    story >> ready(reused=True) >> member_closes() << failed("head", "closed", repeated=True) << connect("b")
    story.backend_got = b""
    story >> ready() << to_backend(request_to("b", "GET /"))
    story >> answers(OK) << done()


def test_a_fresh_connection_that_died_means_another_member(tell: Tell) -> None:
    story = at_answer(tell)
    story >> member_closes("reset") << failed("head", "reset", repeated=True) << connect("b")
    story >> ready() >> answers(OK) << done()


def test_replacing_a_kept_connection_is_no_attempt_of_the_balancer(tell: Tell) -> None:
    """A member is stopped: its kept connection dies, the fresh one is refused, and the other member still is asked."""
    story = tell()
    story >> head("GET", "/") >> ready(reused=True) >> member_closes() << connect("a")
    story >> refused() << connect("b")
    story >> ready() >> answers(OK) << done()


def test_a_member_that_always_closes(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/") >> ready(reused=True) >> member_closes() << connect("a")
    story >> ready() >> member_closes() << connect("b")
    (
        story
        >> ready()
        >> member_closes()
        << failed("head", "closed")
        << page(502, "Error reading from remote server", close=False)
    )


def test_a_plain_member_that_closes(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/plain") >> ready() >> member_closes() << page(502)


def test_a_member_that_dies_and_is_taken_once_more_fails_once(tell: Tell) -> None:
    """The lbmethod knows nothing of a death under a request; the refusal that follows is not a second failure."""
    story = tell({"a": {"loadfactor": 300}, "b": {}})
    story >> head("GET", "/") << connect("a")
    story >> ready() >> member_closes("reset") << failed("head", "reset", repeated=True) << connect("a")
    story >> refused() << failed("connect", "refused", in_error=True, repeated=True) << connect("b")
    story >> ready() >> answers(OK) << to_client(OK_SENT) << done()


@pytest.mark.parametrize("reused", [False, True])
def test_a_post_is_not_repeated(tell: Tell, reused: bool) -> None:
    story = tell()
    story >> head("POST", "/") >> ready(reused) >> member_closes() << failed("head", "closed") << page(502)


def test_a_put_whose_body_went_away_is_not_repeated(tell: Tell) -> None:
    story = tell()
    story >> head("PUT", "/", "Content-Length: 2") >> sends(b"hi") >> ready() >> member_closes() << page(502)


def test_a_put_whose_body_is_still_here_is_repeated(tell: Tell) -> None:
    story = tell()
    (
        story
        >> head("PUT", "/", "Transfer-Encoding: chunked")
        >> sends(b"2\r\nhi\r\n0\r\n\r\n")
        >> ready()
        >> member_closes()
    )
    story << connect("b")
    story.backend_got = b""
    story >> ready() << to_backend(request_to("b", "PUT /", body=b"Content-Length: 2\r\n") + b"hi")


@pytest.mark.parametrize("begun", [b"H", b"HTTP/1.1 200 OK\r\nContent-", HINTS])
def test_nothing_is_repeated_once_a_byte_came(tell: Tell, begun: bytes) -> None:
    story = at_answer(tell)
    story >> answers(begun)
    story.client_got = b""
    story >> member_closes() << failed("head", "closed") << page(502)


def test_a_client_that_leaves_between_two_tries(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/") >> ready(reused=True) >> member_closes() << connect("a")
    story >> client_leaves() << cut()


# --- silence and statuses -----------------------------------------------------------------------------------------


def test_silence_is_502_and_no_error_state(tell: Tell) -> None:
    story = at_answer(tell)
    (
        story
        >> member_is_silent()
        << failed("head", "timeout")
        << page(502, "Error reading from remote server", close=False)
    )
    assert story.slots[0].error_since == 0.0


def test_failontimeout_means_the_error_state(tell: Tell) -> None:
    story = at_answer(tell, balancer={"failontimeout": True})
    story >> member_is_silent() << failed("head", "timeout", in_error=True) << page(502)
    assert story.slots[0].error_since == 1000.0


def test_failonstatus_passes_the_answer_and_marks_the_member(tell: Tell) -> None:
    story = at_answer(tell, balancer={"failonstatus": frozenset((503,))})
    (
        story
        >> answers(b"HTTP/1.1 503 X\r\nContent-Length: 2\r\n\r\nno")
        << failed("head", "failonstatus 503", in_error=True)
    )
    story << done(keep_client=False)
    assert story.client_got.endswith(b"no")
    story >> next_request() >> head("GET", "/") << connect("b")
    story >> ready() >> answers(OK) << done()
    story >> next_request() >> head("GET", "/") << connect("b")


@pytest.mark.parametrize(
    ("codes", "status", "replaced"),
    [((), 404, True), ((), 500, True), ((), 302, False), ((404,), 404, True), ((404,), 500, False)],
)
def test_error_pages_may_be_replaced(tell: Tell, codes: tuple[int, ...], status: int, replaced: bool) -> None:
    story = at_answer(tell, scope={"error_override": True, "error_override_codes": frozenset(codes)})
    story >> answers(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nno" % status)
    if replaced:
        story << page(status)
    else:
        story << step("DONE")
        assert story.client_got.endswith(b"no")


def test_a_replaced_page_keeps_the_reason_and_the_question_who_it_is(tell: Tell) -> None:
    story = at_answer(tell, scope={"error_override": True})
    story >> answers(b"HTTP/1.1 401 Who Are You\r\nWWW-Authenticate: Basic\r\nX: 1\r\nContent-Length: 2\r\n\r\nno")
    assert story.exchange.reason == b"Who Are You"
    assert story.exchange.kept_fields == [(b"WWW-Authenticate", b"Basic")]
    story << page(401, close=False)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"garbage", b"Proxy Error"),
        (b"HTTP/1.1 1000 X\r\n\r\n", b"Proxy Error"),
        (SWITCH, b"Proxy Error"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nX y: 1\r\n\r\n", b""),
    ],
)
def test_the_reason_tells_the_proxys_errors_from_the_members(tell: Tell, answer: bytes, reason: bytes) -> None:
    story = at_answer(tell)
    story >> answers(answer)
    assert story.exchange.reason == reason
    story.end()


# --- answers that break -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "closed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "closed"),
        (b"HTTP/1.1 200 OK\r\n\r\nab", "reset"),
    ],
)
def test_an_answer_that_breaks_off(tell: Tell, answer: bytes, cause: str) -> None:
    story = at_answer(tell)
    story >> answers(answer)
    begun = story.client_got
    story >> member_closes(cause) << failed("body", cause) << cut() << to_client(begun)
    assert not begun.endswith(b"0\r\n\r\n")


def test_silence_within_an_answer(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(OK[:-1]) >> member_is_silent() << failed("body", "timeout") << cut()


def test_a_chunk_that_breaks_the_framing(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"zz\r\n") << cut()


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        (b"garbage", 502, "Corrupt status line"),
        (b"HTTP/2.0 200 OK\r\n\r\n", 502, "status line"),
        (b"HTTP/1.1 1000 X\r\n\r\n", 502, "status line"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 502, "colon"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 8200 + b"\r\n\r\n", 502, "longer"),
        (b"HTTP/1.1 200 OK\r\nX y: 1\r\n\r\n", 500, ""),
        (b"HTTP/1.1 200 OK\r\nX: a\x01b\r\n\r\n", 500, "control"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 502, "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", 502, "Content-Length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 502, "transfer coding"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300000, 502, "too long"),
    ],
)
def test_bad_answers(tell: Tell, answer: bytes, status: int, why: str) -> None:
    story = at_answer(tell)
    story >> answers(answer)
    assert story.exchange.failure.stage == "head"
    assert not story.exchange.keep_backend
    story << page(status, why)


def test_a_member_may_be_sloppy_with_line_ends(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 200 OK\nX: 1\n  2\nContent-Length: 2\n\nok") << done()
    assert b"\r\nX: 1 2\r\n" in story.client_got


@pytest.mark.parametrize("status", [299, 700, 999])
def test_odd_statuses_pass(tell: Tell, status: int) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 %d\r\nContent-Length: 0\r\n\r\n" % status) << done()
    assert story.client_got.startswith(b"HTTP/1.1 %d \r\n" % status)


# --- sessions -----------------------------------------------------------------------------------------------------

STICKY: dict[str, Any] = {"balancer": {"sticky_cookie": b"ROUTEID"}}
ROUTED = {"a": {"route": b"1"}, "b": {"route": b"2"}}


@pytest.mark.parametrize(
    ("target", "fields"), [("/", ("Cookie: x=y; ROUTEID=s.2",)), ("/x;ROUTEID=s.2", ()), ("/?ROUTEID=.2", ())]
)
def test_a_session_stays_with_its_member(tell: Tell, target: str, fields: tuple[str, ...]) -> None:
    story = tell(ROUTED, **STICKY)
    for _ in range(3):
        story >> head("GET", target, *fields) << connect("b")
        story >> ready() >> answers(OK) << done() >> next_request()


def test_a_session_moves_if_its_member_refuses(tell: Tell) -> None:
    story = tell(ROUTED, **STICKY)
    story >> head("GET", "/", "Cookie: ROUTEID=.2") << connect("b")
    story >> refused() << connect("a")
    story >> ready() >> answers(OK) << done()
    assert story.exchange.variables()[b"BALANCER_ROUTE_CHANGED"] == b"1"


def test_nofailover_holds_a_session(tell: Tell) -> None:
    story = tell(ROUTED, balancer={"sticky_cookie": b"ROUTEID", "nofailover": True})
    story >> head("GET", "/", "Cookie: ROUTEID=.2") << connect("b")
    story >> refused() << page(503, "route")


def test_the_balancers_variables(tell: Tell) -> None:
    story = tell(ROUTED, **STICKY)
    story >> head("GET", "/", "Cookie: ROUTEID=.2") >> ready() >> answers(OK) << done()
    assert story.exchange.variables() == {
        b"BALANCER_NAME": b"balancer://c",
        b"BALANCER_WORKER_NAME": b"http://b:8090",
        b"BALANCER_WORKER_ROUTE": b"2",
        b"BALANCER_SESSION_STICKY": b"ROUTEID",
        b"BALANCER_SESSION_ROUTE": b"2",
    }


def test_a_new_visitor_has_a_changed_route(tell: Tell) -> None:
    story = tell(ROUTED, **STICKY)
    story >> head("GET", "/") >> ready() >> answers(OK) << done()
    assert story.exchange.variables()[b"BALANCER_ROUTE_CHANGED"] == b"1"
    assert b"BALANCER_SESSION_ROUTE" not in story.exchange.variables()


def test_the_variables_outlive_a_failure(tell: Tell) -> None:
    story = tell(ROUTED, **STICKY)
    story >> head("POST", "/") >> ready() >> member_closes() << page(502)
    assert story.exchange.variables()[b"BALANCER_WORKER_ROUTE"] == b"1"


# --- edits --------------------------------------------------------------------------------------------------------


def setting(name: bytes, value: bytes, env: tuple[bytes, bool] | None = None, kind: int = TEXT) -> Edit:
    return Edit(SET, name, Format(((kind, value),)), None, env, told.NOWHERE)


def test_request_edits_are_seen_by_the_member(tell: Tell) -> None:
    story = tell(
        scope={
            "request_edits": (setting(b"X-Proto", b"https"), setting(b"Host", b"set.example")),
            "preserve_host": True,
        }
    )
    story >> head("GET", "/", "A: 1") >> ready()
    assert story.backend_got.startswith(b"GET / HTTP/1.1\r\nHost: set.example\r\nA: 1\r\nX-Proto: https\r\n")


@pytest.mark.parametrize(
    "lines",
    [
        ("A: 1",),
        ("A: 1", "X-Proto: http"),
        ("X-Forwarded-For: 10.1.1.1", "B: 2"),
        ("Connection: X-Proto",),
        ("A: 1", "A: 2"),
        (),
    ],
)
def test_what_request_edits_only_add_reaches_the_member_as_if_they_had_run(tell: Tell, lines: tuple[str, ...]) -> None:
    plain = (setting(b"X-Proto", b"https"), setting(b"X-Port", b"443"))
    got = []
    for request_edits in (plain, (*plain, setting(b"Never", b"1", (b"UNSET", True)))):
        story = tell(scope={"request_edits": request_edits, "onsuccess_edits": (setting(b"X-B", b"2"),)})
        story >> head("GET", "/", *lines) >> ready()
        fields = story.exchange.inquiry().fields
        assert fields is not None
        got.append((story.backend_got, sorted(fields)))
    assert got[0] == got[1]
    assert (b"X-Proto", b"https") in got[0][1]


def test_both_tables_of_header_act_on_a_members_answer(tell: Tell) -> None:
    scope = {
        "always_edits": (setting(b"X-A", b"always"),),
        "onsuccess_edits": (setting(b"x-a", b"plain"), setting(b"X-B", b"2")),
    }
    story = at_answer(tell, scope=scope)
    story >> answers(b"HTTP/1.1 200 OK\r\nX-A: member\r\nContent-Length: 0\r\n\r\n") << done()
    story << to_client(
        b"HTTP/1.1 200 OK\r\n" + DATE + b"X-A: always\r\nx-a: plain\r\nContent-Length: 0\r\nX-B: 2\r\n\r\n"
    )


def test_only_always_acts_on_an_answer_of_ours(tell: Tell) -> None:
    scope = {"always_edits": (setting(b"X-A", b"1"),), "onsuccess_edits": (setting(b"X-B", b"2"),)}
    story = tell(scope=scope)
    story >> head("GET", "/own") << step("OWN")
    assert story.exchange.always_fields().items == [(b"X-A", b"1")]
    assert story.exchange.edited_fields([(b"X-B", b"file")], b"text/plain", ()) == [(b"X-B", b"2")]


def test_the_set_cookie_recipe(tell: Tell) -> None:
    """`Header add Set-Cookie "ROUTEID=.%{BALANCER_WORKER_ROUTE}e; path=/" env=BALANCER_ROUTE_CHANGED`"""
    value = Format(((TEXT, b"ROUTEID=."), (ENV, b"BALANCER_WORKER_ROUTE"), (TEXT, b"; path=/")))
    edit = Edit(ADD, b"Set-Cookie", value, None, (b"BALANCER_ROUTE_CHANGED", True), told.NOWHERE)
    story = tell(ROUTED, balancer={"sticky_cookie": b"ROUTEID"}, scope={"onsuccess_edits": (edit,)})
    story >> head("GET", "/") >> ready() >> answers(OK) << done()
    assert b"\r\nSet-Cookie: ROUTEID=.1; path=/\r\n" in story.client_got
    story.client_got = b""
    (
        story
        >> next_request()
        >> head("GET", "/", "Cookie: ROUTEID=.1")
        >> ready()
        >> answers(OK)
        << to_client(OK_SENT)
        << done()
    )


# --- answers of our own -------------------------------------------------------------------------------------------


def test_a_path_that_nobody_serves(tell: Tell) -> None:
    story = tell()
    story >> head("GET", "/own") << page(404, close=False)


def test_a_body_that_nobody_wants_is_read_so_that_the_connection_can_stay(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/own", "Content-Length: 5") << step("BODY")
    story >> sends(b"helloGET /") << page(404, close=False)
    assert story.unread == b"GET /"
    story >> next_request() << step("IDLE")
    story >> sends(b" HTTP/1.1\r\nHost: h\r\n\r\n") << step("MEMBER")


def test_a_body_that_is_too_large_to_read_ends_the_connection(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/own", "Content-Length: 65537") << page(404, close=True)
    assert story.exchange.request_left != 0, "who closes must know that bytes are still to come"


def test_an_endless_chunked_body_that_nobody_wants(tell: Tell) -> None:
    story = tell()
    (
        story
        >> head("POST", "/own", "Transfer-Encoding: chunked")
        >> sends(b"fffff\r\n" + b"x" * 70000)
        << page(404, close=True)
    )
    assert story.exchange.request_left != 0


# --- hostile requests ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX : 1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\n 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / FTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"GET /\r\n", 400),
        (b"GET / HTTP/1.1\nHost", 400),
        (b"GET / HTTP/1.1\r\nHost: h\nX", 400),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"G" * 9000, 414),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: 1\r\n" * 101 + b"\r\n", 400),
    ],
)
@pytest.mark.parametrize("bytewise", [False, True])
def test_a_refused_request_reaches_nobody(tell: Tell, request_bytes: bytes, status: int, bytewise: bool) -> None:
    story = tell()
    size = 1 if bytewise and len(request_bytes) < 1000 else len(request_bytes)
    for at in range(0, len(request_bytes), size):
        story >> sends(request_bytes[at : at + size])
        if story.exchange.step == told.OWN:
            break
    story << page(status, close=True) << to_backend(b"")


@pytest.mark.parametrize(
    "body", [b"x\r\n", b"-1\r\n", b"3\r\nabcd\r\n", b"3\nabc\r\n", b"0x3\r\nabc", b"0\r\nX\x00: 1\r\n"]
)
def test_a_bad_chunk_in_a_small_body_reaches_nobody(tell: Tell, body: bytes) -> None:
    story = tell()
    story >> head("POST", "/", "Transfer-Encoding: chunked") >> sends(body) << page(400, close=True) << to_backend(b"")
    assert story.exchange.request_left != 0


def test_a_bad_chunk_in_a_large_body_lets_the_member_see_no_end(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Transfer-Encoding: chunked") >> sends(b"8000\r\n" + b"x" * 32768 + b"\r\n") >> ready()
    story.backend_got = b""
    story >> sends(b"5\r\nhello\r\nzz\r\n") << page(400, close=True) << to_backend(b"")
    assert not story.exchange.keep_backend


def test_a_bad_chunk_while_the_answer_is_on_its_way(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Transfer-Encoding: chunked") >> sends(b"8000\r\n" + b"x" * 32768 + b"\r\n") >> ready()
    story >> answers(OK[:-1]) >> sends(b"zz\r\n") << cut()


# --- clients that leave -------------------------------------------------------------------------------------------


def in_step(tell: Tell, name: str) -> Story:
    """A story that has come to this step."""
    if name == "WAIT":
        story = tell({"a": {}}, balancer={"timeout": 5.0, "forcerecovery": False, "maxattempts": 0})
        story >> head("GET", "/") >> refused() << page(503)
        story.next_request()
        return story >> head("GET", "/")
    story = tell(WS)
    if name == "BODY":
        return story >> head("POST", "/", "Transfer-Encoding: chunked")
    if name == "IDLE":
        return story >> sends(b"GET /")
    if name == "OWN":
        return story >> head("GET", "/own")
    story >> head("GET", "/", *UPGRADE)
    if name == "MEMBER":
        return story
    story >> ready()
    if name == "SENDING":
        return story >> answers(b"HTT")
    if name == "ANSWERING":
        return story >> answers(OK[:-1])
    return story >> answers(OK if name == "DONE" else SWITCH)


@pytest.mark.parametrize("name", [name for name in told.STEPS if name != "CUT"])
def test_a_client_may_leave_in_every_step(tell: Tell, name: str) -> None:
    story = in_step(tell, name)
    story << step(name)
    story >> client_leaves()
    assert story.exchange.step == told.CUT
    assert not story.exchange.keep_client
    assert story.busy() == [0] * len(story.slots)
    if name in ("SENDING", "ANSWERING"):
        assert not story.exchange.keep_backend


def test_a_request_body_that_never_ends_is_given_up(tell: Tell) -> None:
    story = at_answer(tell, "POST", "Content-Length: 100")
    story.exchange.give_up(408, "the request body did not arrive in time")
    story << page(408, close=True)
    assert story.exchange.request_left != 0


def test_bytes_are_counted_for_the_member(tell: Tell) -> None:
    story = tell()
    story >> head("POST", "/", "Content-Length: 5") >> sends(b"hello") >> ready()
    sent = len(story.backend_got)
    story >> answers(OK) << done()
    assert (story.slots[0].sent, story.slots[0].received) == (sent, len(OK))
    assert story.exchange.body_sent == 2


def test_an_added_line_goes_along_with_a_reversed_location(tell: Tell) -> None:
    """Edits that only add lines take the short way; a Location takes the long one and must keep them."""
    value = Format(((TEXT, b"ROUTEID=."), (ENV, b"BALANCER_WORKER_ROUTE"), (TEXT, b"; path=/")))
    edit = Edit(ADD, b"Set-Cookie", value, None, (b"BALANCER_ROUTE_CHANGED", True), told.NOWHERE)
    reverses = (Reverse((b"http://a:8090/",), b"/", told.NOWHERE),)
    story = tell(
        {"a": {"route": b"1"}},
        balancer={"sticky_cookie": b"ROUTEID"},
        scope={"onsuccess_edits": (edit,), "reverses": reverses},
    )
    story >> head("GET", "/") >> ready()
    story >> answers(b"HTTP/1.1 302 Found\r\nLocation: http://a:8090/x\r\nContent-Length: 0\r\n\r\n") << done()
    assert b"\r\nLocation: http://www.example/x\r\n" in story.client_got
    assert story.client_got.count(b"Set-Cookie: ROUTEID=.1; path=/\r\n") == 1


def test_when_it_began_is_a_time_of_day(tell: Tell) -> None:
    """Header's %t and %D count from it; the exchange itself is only told the monotonic clock."""
    story = tell()
    story.now = time.monotonic()
    story >> head("GET", "/")
    assert abs(story.exchange.began_us / 1000000 - time.time()) < 60
    story >> ready() >> answers(OK) << done()


# --- explanations ---------------------------------------------------------------------------------------------------

TELLS = {"explain_from": (Network(32, 10 << 24, 0xFF000000),)}
"""A virtual host that explains to the story's client."""


@pytest.mark.parametrize(
    "allowed, fields, waits",
    [
        (TELLS, ("Evenflow-Explain: 1",), True),
        (TELLS, ("evenflow-explain: ONLY",), True),
        (TELLS, ("Evenflow-Explain: yes",), False),
        (TELLS, ("Evenflow-Explain: 1", "Evenflow-Explain: 1"), False),
        (TELLS, (), False),
        ({"explain_from": (Network(32, 11 << 24, 0xFF000000),)}, ("Evenflow-Explain: 1",), False),
        ({}, ("Evenflow-Explain: 1",), False),
    ],
)
def test_only_who_may_and_asks_is_explained_to(
    tell: Tell, allowed: dict[str, Any], fields: tuple[str, ...], waits: bool
) -> None:
    story = tell(host=allowed)
    story >> head("GET", "/", *fields)
    assert (story.exchange.step == steps.EXPLAINING) == waits
    if waits:
        assert story.busy() == [0, 0, 0], "nothing is booked before it is explained"
        story.exchange.explained(b"{}", False, story.now)
    story << connect("a")


def test_an_explanation_goes_along_with_the_answer(tell: Tell) -> None:
    story = tell(host=TELLS)
    story >> head("GET", "/", "Evenflow-Explain: 1")
    story.exchange.explained(b"{}", False, story.now)
    story << connect("a")
    story >> ready() >> answers(OK)
    (
        story
        << to_client(b"HTTP/1.1 200 OK\r\n" + DATE + b"Evenflow-Explanation: {}\r\nContent-Length: 2\r\n\r\nok")
        << done()
    )
    story >> next_request() >> head("GET", "/") << connect("b")
    story >> ready() >> answers(OK)
    story << to_client(OK_SENT)


def test_an_explanation_in_the_place_of_the_answer_asks_no_member(tell: Tell) -> None:
    story = tell(host=TELLS)
    story >> head("POST", "/", "Evenflow-Explain: only", "Content-Length: 4")
    story.exchange.explained(b"{}", True, story.now)
    assert story.exchange.step == steps.BODY, "its body is read, so that the connection can be kept"
    story >> sends(b"body")
    assert (story.exchange.step, story.exchange.told, story.exchange.keep_client) == (steps.OWN, b"{}", True)
    assert story.busy() == [0, 0, 0]
