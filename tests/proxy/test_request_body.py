"""Request bodies that do not just pass: chunks, 100-continue, what is read before a member is asked."""

from __future__ import annotations

import gzip

import pytest

from tests.proxy.story import (
    FORWARDED,
    OK,
    OK_SENT,
    Tell,
    answers,
    connect,
    cut,
    done,
    head,
    next_request,
    page,
    ready,
    refused,
    request_to,
    sends,
    step,
    to_backend,
    to_client,
    with_variable,
)


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


def test_proxy_sendcl_sends_a_length_though_a_100_is_expected(tell: Tell) -> None:
    story = tell(members={"a": {}}, host=with_variable(b"proxy-sendcl"))
    story >> head("POST", "/", "Transfer-Encoding: chunked", "Expect: 100-continue")
    story << to_client(b"HTTP/1.1 100 Continue\r\n\r\n")
    story >> sends(b"5\r\nhello\r\n0\r\n\r\n") << connect("a")
    story >> ready()
    got = story.backend_got
    assert b"\r\nContent-Length: 5\r\n" in got and got.endswith(b"\r\n\r\nhello")
    assert b"Transfer-Encoding" not in got and b"Expect" not in got


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


# --- 100-continue --------------------------------------------------------------------------------------------------


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


# --- bodies that nobody wants --------------------------------------------------------------------------------------


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


# --- hostile bodies ------------------------------------------------------------------------------------------------


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


# --- bodies that are unpacked (SetInputFilter DEFLATE) ------------------------------------------------------------

INFLATES = {"inflates": True}


@pytest.mark.parametrize("bytewise", [False, True])
def test_a_packed_body_goes_on_unpacked(tell: Tell, bytewise: bool) -> None:
    story = tell(scope=INFLATES)
    packed = gzip.compress(b"hello, member")
    story >> head("POST", "/", f"Content-Length: {len(packed)}", "Content-Encoding: gzip") << step("BODY")
    for piece in [bytes((byte,)) for byte in packed] if bytewise else [packed]:
        story >> sends(piece)
    story >> sends(b"GET /next") << connect("a")
    story >> ready() << to_backend(request_to("a", "POST /", body=b"Content-Length: 13\r\n") + b"hello, member")
    assert story.unread == b"GET /next"
    story >> answers(OK) << done()


def test_a_long_packed_body_goes_on_in_chunks(tell: Tell) -> None:
    story = tell(scope={"inflates": True, "inflate_ratio": 5000})
    packed = gzip.compress(b"x" * 100_000)
    story >> head("POST", "/", "Transfer-Encoding: chunked", "Content-Encoding: gzip")
    story >> sends(b"%x\r\n" % len(packed) + packed[:60]) >> sends(packed[60:-1]) << connect("a")
    story >> ready() >> sends(packed[-1:] + b"\r\n0\r\n\r\nGET /next")
    written = story.backend_got
    start = request_to("a", "POST /", body=b"Transfer-Encoding: chunked\r\n")
    assert written.startswith(start) and written.endswith(b"\r\n0\r\n\r\n")
    assert written.count(b"x") >= 100_000
    assert story.unread == b"GET /next"


def test_a_body_that_turns_out_bad_later_ends_both(tell: Tell) -> None:
    story = tell(scope={"inflates": True, "inflate_limit": 90_000, "inflate_ratio": 5000})
    packed = gzip.compress(b"x" * 100_000, 0)
    story >> head("POST", "/", f"Content-Length: {len(packed)}", "Content-Encoding: gzip")
    story >> sends(packed[:20_000]) << connect("a")
    story >> ready() >> sends(packed[20_000:]) << step("OWN")
    assert story.exchange.status == 413 and not story.exchange.keep_client and not story.exchange.keep_backend


def test_other_codings_pass_as_they_are(tell: Tell) -> None:
    story = tell(scope=INFLATES)
    story >> head("POST", "/", "Content-Length: 3", "Content-Encoding: br") << connect("a")
    story >> ready() >> sends(b"abc")
    body = b"Content-Length: 3\r\n"
    story << to_backend(request_to("a", "POST /", b"Content-Encoding: br\r\n", body) + b"abc")
