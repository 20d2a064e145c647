"""Error pages in the place of a member's, and ErrorDocuments at paths of ours."""

from __future__ import annotations

import pytest

from evenflow.proxy import error_document
from tests.proxy import story as told
from tests.proxy.story import (
    Story,
    Tell,
    answers,
    at_answer,
    connect,
    head,
    page,
    ready,
    request_to,
    sends,
    step,
    to_backend,
)


def document(path: bytes) -> told.Event:
    """In the place of the page that it wants, the exchange looks for an ErrorDocument."""

    def event(story: Story) -> None:
        exchange = story.exchange
        assert told.step_of(story) == "OWN"
        error_document.begin(exchange, path, exchange.status or exchange.decision.status, b"Not Found", story.now)
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
