"""An answer's body, out of one framing into the other."""

from __future__ import annotations

import pytest

from tests.proxy import story as told
from tests.proxy.story import (
    DATED,
    OK,
    OK_SENT,
    Tell,
    answers,
    at_answer,
    done,
    member_closes,
    step,
    to_client,
)


@pytest.mark.parametrize("bytewise", [False, True])
def test_a_chunked_answer_is_framed_anew(tell: Tell, bytewise: bool) -> None:
    story = at_answer(tell)
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;ext\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"
    )
    story >> answers(*([bytes((byte,)) for byte in answer] if bytewise else [answer])) << done()
    start, _, body = story.client_got.partition(b"\r\n\r\n")
    assert start == b"HTTP/1.1 200 OK\r\n" + DATED + b"Transfer-Encoding: chunked"
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
    story << to_client(b"HTTP/1.1 200 OK\r\n" + DATED + b"Connection: close\r\n\r\nabc")


def test_more_than_was_announced_is_nobodys(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(OK + b"HTTP/1.1 200 Evil\r\n\r\n") << to_client(OK_SENT) << done(keep_backend=False)


def test_bytes_behind_the_last_chunk_end_the_members_connection(tell: Tell) -> None:
    story = at_answer(tell)
    story >> answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx") << done(keep_backend=False)
