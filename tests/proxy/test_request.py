"""The request as a member gets it: the short way and the long way write the same, and what each field becomes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.origin import NOWHERE
from evenflow.plan.model import FORWARD, ConnectionFacts, Decision, Member
from evenflow.proxy import request
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import RequestHead
from evenflow.wire.outlet import Outlet
from tests.proxy.story import World, make_member

FACTS = ConnectionFacts(b"10.0.0.9", 4711, b"10.0.0.1", 80, False, b"", None)

CHUNKED = -1
NONE = -2

NAMES = (
    "Accept", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Server", "Cookie", "Via", "Content-Length",
    "Transfer-Encoding", "Upgrade", "Keep-Alive", "TE", "Trailer", "Proxy-Connection", "Proxy-Authorization",
    "Expect", "Date", "Server", "A", "B-c", "Set-Cookie", "Location", "Destination", "X-Forwarded-Proto",
    "Connection",
)  # fmt: skip


def decision_for(path: bytes = b"/p", **scope: Any) -> Decision:
    host = World({}, scope, {}, {}, {}).host
    made = Decision(FORWARD, host, host.base, NOWHERE)
    made.path = path
    return made


def parse(*lines: str, start: str = "GET /p?q HTTP/1.1") -> RequestHead:
    head = RequestHead()
    head.parse("\r\n".join([start, *lines, "", ""]).encode("latin-1"))
    return head


def short(
    head: RequestHead, decision: Decision, member: Member, length: int = NONE, upgrade: bytes | None = None
) -> bytes:
    out = Outlet()
    request.write_ordinary(out, head, decision, member, FACTS, length, upgrade)
    return bytes(out.data[out.start : out.end])


def long(
    head: RequestHead, decision: Decision, member: Member, length: int = NONE, upgrade: bytes | None = None
) -> bytes:
    out = Outlet()
    fields = Headers(request.merged(head.pairs()))
    if head.host:
        fields.set(b"Host", head.host)
    request.write_edited(out, head, fields, decision, member, FACTS, length, upgrade)
    return bytes(out.data[out.start : out.end])


values = st.text(
    st.characters(codec="latin-1", exclude_categories=("Cc",), exclude_characters="\x7f"), max_size=12
).map(str.strip)


@given(
    fields=st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=12, unique_by=lambda field: field[0].lower()),
    host_at=st.integers(0, 12),
    absolute=st.booleans(),
    length=st.sampled_from((NONE, CHUNKED, 0, 7, 1 << 40)),
    upgrade=st.sampled_from((None, b"WebSocket")),
    preserve_host=st.booleans(),
    add_headers=st.booleans(),
    member=st.sampled_from(({}, {"path": b"/ctx"}, {"disable_reuse": True}, {"generic": True})),
)
def test_both_ways_write_the_same(
    fields: list[tuple[str, str]],
    host_at: int,
    absolute: bool,
    length: int,
    upgrade: bytes | None,
    preserve_host: bool,
    add_headers: bool,
    member: dict[str, Any],
) -> None:
    lines = [
        f"{name}: {value}" for name, value in fields if name != "Connection" or value in ("", "close", "keep-alive")
    ]
    lines.insert(host_at, "Host: www.example:81")
    head = parse(*lines, start=f"GET {'http://other.example' if absolute else ''}/p?q HTTP/1.1")
    decision = decision_for(preserve_host=preserve_host, add_headers=add_headers)
    taker = make_member("a", 0, **member)
    assert request.is_ordinary(head, decision.scope)
    assert short(head, decision, taker, length, upgrade) == long(head, decision, taker, length, upgrade)


@pytest.mark.parametrize("absent", [(), ("X: 1",)])
def test_http_1_0_without_host(absent: tuple[str, ...]) -> None:
    head = parse(*absent, start="GET /p HTTP/1.0")
    decision = decision_for(preserve_host=True)
    member = make_member("a", 0)
    assert short(head, decision, member) == long(head, decision, member)
    assert b"\r\nHost: www.example\r\n" in short(head, decision, member)
    assert b"X-Forwarded-Host" not in short(head, decision, member)


@pytest.mark.parametrize(
    ("lines", "scope"),
    [
        (("A: 1", "a: 2"), {}),
        (("Connection: X-Hop",), {}),
        (("A:1",), {}),
        (("A: 1 ",), {}),
        (("Max-Forwards: 1",), {}),
        ((), {"via": b"on"}),
        ((), {"request_edits": (object(),)}),
    ],
)
def test_what_needs_the_long_way(lines: tuple[str, ...], scope: dict[str, Any]) -> None:
    assert not request.is_ordinary(parse("Host: h", *lines), decision_for(**scope).scope)


@pytest.mark.parametrize(
    ("path", "keep_query", "query", "context", "target"),
    [
        (b"/p", True, None, b"", b"/p?q"),
        (b"/p", False, None, b"", b"/p"),
        (b"/p", False, b"", b"", b"/p?"),
        (b"/p", False, b"x=y", b"/ctx", b"/ctx/p?x=y"),
        (b"", False, None, b"", b"/"),
        (b"", False, None, b"/ctx", b"/ctx"),
    ],
)
def test_the_target(path: bytes, keep_query: bool, query: bytes | None, context: bytes, target: bytes) -> None:
    decision = decision_for(path)
    decision.keep_query = keep_query
    decision.query = query
    assert short(parse("Host: h"), decision, make_member("a", 0, path=context)).startswith(
        b"GET " + target + b" HTTP/1.1\r\n"
    )


def test_any_method_goes_along() -> None:
    assert short(parse("Host: h", start="frobnicate /p HTTP/1.1"), decision_for(), make_member("a", 0)).startswith(
        b"frobnicate /p "
    )


def test_the_host_may_be_the_clients() -> None:
    head = parse("Host: Www.Example:81", "A: 1")
    assert b"\r\nHost: Www.Example:81\r\n" in short(head, decision_for(preserve_host=True), make_member("a", 0))
    assert b"\r\nHost: a:8090\r\n" in short(head, decision_for(), make_member("a", 0))


def test_no_forwarding_fields() -> None:
    head = parse("Host: h", "X-Forwarded-For: 1.2.3.4")
    sent = short(head, decision_for(add_headers=False), make_member("a", 0))
    assert sent == b"GET /p?q HTTP/1.1\r\nHost: a:8090\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: Keep-Alive\r\n\r\n"


def test_the_end_comes_in_httpds_order() -> None:
    head = parse("Host: h", "Content-Length: 007", "Upgrade: WebSocket")
    sent = short(head, decision_for(add_headers=False), make_member("a", 0), 7, b"WebSocket")
    assert sent.endswith(b"\r\nContent-Length: 7\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n")


@pytest.mark.parametrize(("given_", "sent"), [("10", b"9"), ("0", b"0"), ("x", b"x"), ("", b"")])
def test_max_forwards_is_one_less(given_: str, sent: bytes) -> None:
    assert b"\r\nMax-Forwards: " + sent + b"\r\n" in long(
        parse("Host: h", f"Max-Forwards: {given_}"), decision_for(), make_member("a", 0)
    )


@pytest.mark.parametrize(
    ("mode", "sent"),
    [
        (b"off", b"Via: 1.0 x"),
        (b"on", b"Via: 1.0 x, 1.1 www.example"),
        (b"full", b"Via: 1.0 x, 1.1 www.example (evenflow)"),
        (b"block", None),
    ],
)
def test_via(mode: bytes, sent: bytes | None) -> None:
    wire = long(parse("Host: h", "Via: 1.0 x"), decision_for(via=mode), make_member("a", 0))
    if sent is None:
        assert b"Via" not in wire
    else:
        assert b"\r\n" + sent + b"\r\n" in wire


def test_merged_keeps_the_first_place_and_spelling() -> None:
    fields = [(b"A", b"1"), (b"B", b"2"), (b"a", b"3"), (b"b", b""), (b"A", b"4")]
    assert request.merged(fields) == [(b"A", b"1, 3, 4"), (b"B", b"2, ")]
    assert request.merged(fields, True) == list(fields)


def test_fields_that_connection_names_go() -> None:
    wire = long(
        parse("Host: h", "Connection: keep-alive, X-Hop ,y", "X-Hop: 1", "Y: 2", "Z: 3"),
        decision_for(),
        make_member("a", 0),
    )
    assert b"X-Hop" not in wire
    assert b"Y: 2" not in wire
    assert b"\r\nZ: 3\r\n" in wire


def test_methods_that_may_be_repeated() -> None:
    assert b"GET" in request.IDEMPOTENT
    assert request.IDEMPOTENT.isdisjoint((b"POST", b"PATCH", b"get", b"CONNECT"))
