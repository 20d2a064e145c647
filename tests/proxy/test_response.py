"""The answer's head as the client gets it: the short way and the long way write the same; what each field becomes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.origin import NOWHERE
from evenflow.plan.model import Reverse, Scope
from evenflow.proxy import response
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import ResponseHead
from evenflow.wire.outlet import Outlet
from tests.proxy.story import DATE

SAY_NOTHING, SAY_CLOSE, SAY_KEEP = range(3)
KEEP_LINE = b"Keep-Alive: timeout=5\r\nConnection: Keep-Alive\r\n"

NAMES = (
    "Date", "Server", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection",
    "TE", "Trailer", "Upgrade", "Proxy-Authenticate", "WWW-Authenticate", "Set-Cookie", "Location",
    "Content-Type", "Host", "Expect", "Cookie", "X-Forwarded-For", "Via", "Max-Forwards", "URI", "A",
)  # fmt: skip


def parse(*lines: str, start: str = "HTTP/1.1 200 OK") -> ResponseHead:
    head = ResponseHead()
    head.parse("\r\n".join([start, *lines, "", ""]).encode("latin-1"))
    return head


def written(out: Outlet) -> bytes:
    return bytes(out.data[out.start : out.end])


def short(head: ResponseHead, coded: bool = False, chunked: bool = False, saying: int = SAY_NOTHING) -> bytes:
    out = Outlet()
    response.write_ordinary(out, head, DATE, coded, chunked, saying, KEEP_LINE if saying == SAY_KEEP else b"")
    return written(out)


def long(
    head: ResponseHead,
    coded: bool = False,
    chunked: bool = False,
    saying: int = SAY_NOTHING,
    always: Headers | None = None,
) -> bytes:
    out = Outlet()
    fields = response.returned_fields(head, coded)
    for name in (b"Date", b"Server"):
        value = head.get(name.lower())
        if value is not None:
            fields.set(name, value)
    keep_line = KEEP_LINE if saying == SAY_KEEP else b""
    response.write_edited(out, head, DATE, always or Headers(), fields, chunked, saying, keep_line)
    return written(out)


values = st.text(
    st.characters(codec="latin-1", exclude_categories=("Cc",), exclude_characters="\x7f"), max_size=12
).map(str.strip)


@given(
    fields=st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=12),
    reason=st.sampled_from(("OK", "Fine", "", "Not Found")),
    status=st.integers(200, 999),
    coded=st.booleans(),
    chunked=st.booleans(),
    saying=st.integers(0, 2),
)
def test_both_ways_write_the_same(
    fields: list[tuple[str, str]], reason: str, status: int, coded: bool, chunked: bool, saying: int
) -> None:
    once = set()
    lines = []
    for name, value in fields:
        if name == "Connection" and value not in ("", "close", "keep-alive"):
            continue
        if name in ("Date", "Server") and name in once:
            continue
        once.add(name)
        lines.append(f"{name}: {value}")
    head = parse(*lines, start=f"HTTP/1.1 {status} {reason}")
    assert response.is_ordinary(head, Scope())
    assert short(head, coded, chunked, saying) == long(head, coded, chunked, saying)


@pytest.mark.parametrize(
    ("lines", "said", "ordinary"),
    [
        (("Location: /",), {}, True),
        (("A: 1",), {"reverses": True}, True),
        (("Location: /",), {"reverses": True}, False),
        (("Content-Location: /",), {"reverses": True}, False),
        (("Destination: /",), {"reverses": True}, False),
        (("URI: /",), {"reverses": True}, False),
        (("Connection: X",), {}, False),
        (("A:1",), {}, False),
        ((), {"via": b"on"}, False),
    ],
)
def test_what_needs_the_long_way(lines: tuple[str, ...], said: dict[str, Any], ordinary: bool) -> None:
    scope = Scope()
    if "reverses" in said:
        scope.reverses = (Reverse((b"http://a/",), b"/", NOWHERE),)
    scope.via = said.get("via", b"off")
    assert bool(response.is_ordinary(parse(*lines), scope)) is ordinary


def test_the_order_is_httpds() -> None:
    head = parse("A: 1", "Server: be", "Set-Cookie: x", "Date: then", "Set-Cookie: y", "Content-Length: 3")
    always = Headers([(b"X-F", b"1")])
    start = b"HTTP/1.1 200 OK\r\nDate: then\r\nServer: be\r\n"
    rest = b"A: 1\r\nSet-Cookie: x\r\nSet-Cookie: y\r\nContent-Length: 3\r\n"
    assert short(head, saying=SAY_CLOSE) == start + rest + b"Connection: close\r\n\r\n"
    assert long(head, always=always, saying=SAY_KEEP) == start + b"X-F: 1\r\n" + rest + KEEP_LINE + b"\r\n"


def test_our_own_date_and_server_where_the_member_has_none() -> None:
    own = b"Date: " + DATE + b"\r\nServer: evenflow\r\n"
    assert short(parse(start="HTTP/1.0 404 Not  Here")) == b"HTTP/1.1 404 Not  Here\r\n" + own + b"\r\n"
    assert (
        short(parse(start="HTTP/1.1 200"), chunked=True)
        == b"HTTP/1.1 200 \r\n" + own + b"Transfer-Encoding: chunked\r\n\r\n"
    )


def test_fields_that_connection_names_go_but_for_the_length() -> None:
    head = parse("Connection: X-Hop, content-length", "x-hop: 1", "Content-Length: 3", "Y: 2")
    assert response.returned_fields(head, False).items == [(b"Content-Length", b"3"), (b"Y", b"2")]


def test_an_interim_answer_keeps_its_fields() -> None:
    out = Outlet()
    response.write_interim(
        out, parse("Link: </a>", "Connection: X", "X: 1", "Server: be", start="HTTP/1.1 103 Early Hints")
    )
    assert written(out) == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nServer: be\r\n\r\n"


def test_the_101_of_a_tunnel() -> None:
    out = Outlet()
    head = parse(
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: x",
        "Date: d",
        start="HTTP/1.1 101 Switching",
    )
    response.write_switch(out, head, b"WebSocket")
    assert written(out) == (
        b"HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n"
    )


def test_statuses_that_end_the_clients_connection() -> None:
    assert set(response.CLOSING) == {400, 408, 411, 413, 414, 500, 501, 503}
