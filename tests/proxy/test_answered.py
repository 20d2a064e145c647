"""An answer, as expressions see it."""

from __future__ import annotations

from evenflow.proxy.answered import Answered
from evenflow.wire.headers import Headers


def test_plain_fields_come_before_those_of_always() -> None:
    answer = Answered(200, Headers([(b"X", b"1")]), Headers([(b"x", b"2"), (b"Y", b"3")]), b"")
    assert (answer.get(b"x"), answer.get(b"y"), answer.get(b"z")) == (b"1", b"3", None)


def test_the_type_of_a_member_s_answer_is_a_field_and_that_of_ours_is_not() -> None:
    fields = Headers([(b"Content-Type", b"text/plain")])
    assert Answered(200, fields, Headers(), b"").get(b"Content-Type") == b"text/plain"
    assert Answered(200, fields, Headers(), b"text/plain").get(b"Content-Type") is None
    assert Answered(200, fields, Headers(), b"text/plain").content_type() == b"text/plain"
    assert Answered(404, Headers(), Headers(), b"text/html").content_type() == b"text/html"


def test_what_an_edit_did_is_seen_at_once() -> None:
    fields = Headers()
    answer = Answered(200, fields, Headers(), b"")
    fields.set(b"X", b"new")
    assert answer.get(b"x") == b"new"
