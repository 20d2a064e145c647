"""What a finished exchange can be asked."""

from __future__ import annotations

from evenflow.origin import NOWHERE
from evenflow.plan import edits
from evenflow.plan.model import FORWARD, Decision, Scope, VirtualHost
from evenflow.serve.log_record import LogRecord
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import RequestHead


def test_fields_of_the_sent_head_are_found_in_any_case() -> None:
    record = LogRecord()
    assert record.response_field(b"x-a") is None
    record.sent_head = (
        b"HTTP/1.1 200 OK\r\nX-A:  one \r\nContent-Type: text/plain\r\nx-a: two\r\n"
        b"Set-Cookie: a\r\nSet-Cookie: b\r\n\r\n"
    )
    assert record.response_field(b"set-cookie") == b"a, b"
    assert record.response_field(b"x-a") == b"one"
    assert record.response_field(b"content-type") == b"text/plain"
    assert record.response_field(b"http/1.1 200 ok") is None


def test_a_variable_is_the_exchanges_own_or_the_decisions() -> None:
    record = LogRecord()
    assert record.variable(b"ROUTE") is None
    record.decision = Decision(FORWARD, VirtualHost(0, b"wiki", NOWHERE), Scope(), NOWHERE)
    record.decision.env = {b"ROUTE": b"1", b"OTHER": b"x"}
    record.env = {b"ROUTE": b"2"}
    assert record.variable(b"ROUTE") == b"2"
    assert record.variable(b"OTHER") == b"x"


def test_a_request_s_field_is_as_requestheader_left_it() -> None:
    record = LogRecord()
    assert record.request_field(b"x") is None
    record.request_fields = Headers([(b"X", b"1"), (b"x", b"2")])
    assert (record.request_field(b"x"), record.request_field(b"y")) == (b"1, 2", None)


def test_a_field_that_requestheader_only_added_is_found_too() -> None:
    setting = edits.Edit(edits.SET, b"X-Proto", edits.Format(((edits.TEXT, b"https"),)), None, None, NOWHERE)
    record = LogRecord()
    record.head = RequestHead()
    record.head.parse(b"GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\n\r\n")
    assert record.request_field(b"x-proto") is None
    record.plain = edits.Plain((setting,))
    assert (record.request_field(b"x-proto"), record.request_field(b"a")) == (b"https", b"1")
