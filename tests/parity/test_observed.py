"""The comparison notices what it is there to notice, and overlooks only what must differ."""

from __future__ import annotations

import email.utils
from collections.abc import Mapping

import pytest

from .casebook import Expected, Look, Request
from .client import Answer, Reply
from .members import Received
from .observed import Seen, complaints, text

pytestmark = pytest.mark.once

NOW = email.utils.formatdate(usegmt=True)


def seen(
    front: str = "httpd", server: str = "Apache/2.4.71 (Debian)", changes: Mapping[str, object] | None = None
) -> Seen:
    """An ordinary exchange, with one thing changed."""
    request = Request(1, "GET /", "GET", b"", None)
    fields = [("Date", NOW), ("Server", server), ("A", "1"), ("B", "2"), ("B", "3"), ("Content-Length", "2")]
    answer = Answer("HTTP/1.1", 200, "OK", fields, b"hi", "length")
    reply = Reply(answer=answer)
    received = Received("b1", b"GET / HTTP/1.1", [b"Host: a", b"X: 1"], True)
    for name, value in (changes or {}).items():
        for holder in (answer, reply, received):
            if hasattr(holder, name):
                setattr(holder, name, value)
    return Seen(front, request, reply, [received])


@pytest.mark.parametrize(
    "changes",
    [
        {"status": 201},
        {"reason": "Fine"},
        {"framing": "chunked"},
        {"complete": False},
        {"body": b"ho"},
        {"after": "closed"},
        {"ending": "closed"},
        {"member": "b2"},
        {"line": b"GET // HTTP/1.1"},
        {"tunnel": b"x"},
        {"trailers": ["X: 1"]},
    ],
)
def test_a_change_shows(changes: dict[str, object]) -> None:
    assert text(seen(changes=changes)) != text(seen())


def test_the_order_of_fields_counts_for_members_and_for_equal_names() -> None:
    base = text(seen())
    other = seen()
    other.received[0].fields.reverse()
    assert text(other) != base
    swapped = seen()
    assert swapped.reply.answer is not None
    fields = swapped.reply.answer.fields
    fields[2], fields[3] = fields[3], fields[2]
    assert text(swapped) == base
    fields[2], fields[4] = fields[4], fields[2]
    assert text(swapped) != base


def test_the_product_and_the_time_may_differ_and_nothing_else_of_them() -> None:
    assert text(seen("evenflow", "evenflow")) == text(seen())
    assert text(seen("evenflow", "Apache/2.4.71")) != text(seen())
    old = seen()
    assert old.reply.answer is not None
    old.reply.answer.fields[0] = ("Date", "Tue, 14 Nov 2023 22:13:20 GMT")
    assert text(old) != text(seen())


def test_of_a_page_the_words_may_differ_and_not_the_kind() -> None:
    def page(body: bytes, kind: str = "text/html; charset=iso-8859-1") -> Seen:
        one = seen()
        assert one.reply.answer is not None
        one.reply.answer.body = body
        one.reply.answer.fields = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        return one

    assert text(page(b"<p>one</p>")) == text(page(b"<p>another</p>"))
    assert text(page(b"<p>one</p>")) != text(page(b""))
    assert text(page(b"<p>one</p>", "text/html")) != text(page(b"<p>another</p>"))


def test_complaints_name_what_is_not_so() -> None:
    one = seen()
    assert complaints(one, Expected(200, ("b1",), "GET /")) == []
    assert complaints(one, Expected(404, ("b1",))) == ["expected status 404, got 200"]
    assert complaints(one, Expected(200, ())) == ["expected to reach no member, reached ('b1',)"]
    assert complaints(one, Expected(200, ("b1",), "GET /x")) == ["expected the member to see `GET /x`, it saw `GET /`"]
    assert complaints(one, Expected(None, ("b1",), ending="closed")) == ["expected closed, got answer"]
    for look in (Look("client", "field", "B: 3"), Look("client", "absent", "C"), Look("member", "field", "X: 1")):
        one.request = Request(1, "GET /", "GET", b"", None, looks=(look,))
        assert complaints(one, None) == []
    for look in (Look("client", "field", "B: 4"), Look("client", "absent", "A"), Look("member", "body", "x")):
        one.request = Request(1, "GET /", "GET", b"", None, looks=(look,))
        assert len(complaints(one, None)) == 1
