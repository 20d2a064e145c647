"""What an HTTP/2 client says in fields, and the head that becomes of it."""

from __future__ import annotations

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.model import VirtualHost
from evenflow.serve.http2.fields import Malformed, Request, read_request
from evenflow.wire.framing import CHUNKED
from evenflow.wire.http1 import RequestHead

Fields = list[tuple[bytes, bytes]]

HOST = VirtualHost(0, b"www.example", NOWHERE)
GET: Fields = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"www.example"), (b":path", b"/x?y")]


def read(fields: Fields, ended: bool = True, host: VirtualHost = HOST, websockets: bool = False) -> Request:
    return read_request(fields, ended, host, websockets)


def test_a_head_written_anew() -> None:
    more = [(b"user-agent", b"me"), (b"x-1-2a", b"b"), (b"cookie", b"a=1"), (b"x", b""), (b"cookie", b"b")]
    request = read([*GET, *more])
    assert request.head == (
        b"GET /x?y HTTP/2.0\r\nHost: www.example\r\nUser-Agent: me\r\nX-1-2a: b\r\nX: \r\nCookie: a=1; b\r\n\r\n"
    )
    assert (request.length, request.to_head, request.status, request.key) == (0, False, 0, b"")
    head = RequestHead()
    head.parse(request.head)
    assert (head.method, head.path, head.query, head.host) == (b"GET", b"/x", b"y", b"www.example")


def test_a_body_without_a_length_is_chunked() -> None:
    request = read(GET, ended=False)
    assert request.length == CHUNKED
    assert request.head.endswith(b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert read([*GET, (b"content-length", b"7")], ended=False).length == 7
    assert read([*GET, (b"content-length", b"0")], ended=False).length == 0


def test_host_stands_for_the_authority() -> None:
    without = [field for field in GET if field[0] != b":authority"]
    assert b"\r\nHost: a.example\r\n" in read([*without, (b"host", b"a.example")]).head
    assert b"\r\nHost: www.example\r\n" in read([*GET, (b"host", b"WWW.example")]).head


@pytest.mark.parametrize(
    "fields",
    [
        [*GET[:2], GET[3]],
        [*GET, (b"x", b"a\r\nY: b")],
        [*GET, (b"x", b"a\nb")],
        [*GET, (b"x", b"a\0b")],
        [*GET, (b"x", b" a")],
        [*GET, (b"x", b"a\t")],
        [*GET, (b"X", b"a")],
        [*GET, (b"", b"a")],
        [*GET, (b"x y", b"a")],
        [*GET, (b"x:", b"a")],
        [*GET, (b"x\r\ny", b"a")],
        [*GET, (b"connection", b"close")],
        [*GET, (b"connection", b"x")],
        [*GET, (b"keep-alive", b"timeout=5")],
        [*GET, (b"proxy-connection", b"close")],
        [*GET, (b"upgrade", b"websocket")],
        [*GET, (b"transfer-encoding", b"chunked")],
        [*GET, (b"te", b"gzip")],
        [*GET, (b"te", b"trailers, gzip")],
        [*GET, (b"host", b"other.example")],
        [*GET, (b"host", b"www.example"), (b"host", b"www.example")],
        [*GET, (b":path", b"/y")],
        [*GET, (b":authority", b"other.example")],
        [*GET, (b":status", b"200")],
        [*GET[1:]],
        [*GET[:1], *GET[2:]],
        [*GET[:3]],
        [*GET[:3], (b":path", b"")],
        [*GET[:3], (b":path", b"x")],
        [*GET[:3], (b":path", b"http://other.example/")],
        [*GET[:3], (b":path", b"*")],
        [*GET[:3], (b":path", b"/a b")],
        [*GET[:3], (b":path", b"/a HTTP/1.1\r\nX: y")],
        [*GET[:3], (b":path", b"/a\tb")],
        [*GET[:3], (b":path", b"/a\x7fb")],
        [*GET[:3], (b"x", b"y"), GET[3]],
        [*GET[:3], (b"cookie", b"y"), GET[3]],
        [*GET[:3], (b"host", b"www.example"), GET[3]],
        [(b":method", b"G T"), *GET[1:]],
        [(b":method", b""), *GET[1:]],
        [(b":method", b"GET /y HTTP/1.1\r\nX:"), *GET[1:]],
        [(b":method", b"CONNECT"), *GET[1:]],
        [(b":method", b"CONNECT")],
        [*GET, (b":protocol", b"websocket")],
        [*GET, (b"content-length", b"1"), (b"content-length", b"1")],
        [*GET, (b"content-length", b"1")],
        [*GET, (b"content-length", b"-1")],
        [*GET, (b"content-length", b"+1")],
        [*GET, (b"content-length", b"1, 1")],
        [*GET, (b"content-length", b"99999999999999999999")],
    ],
)
def test_malformed(fields: Fields) -> None:
    with pytest.raises(Malformed):
        read(fields)


def test_other_methods() -> None:
    assert read([(b":method", b"OPTIONS"), *GET[1:3], (b":path", b"*")]).head.startswith(b"OPTIONS * HTTP/2.0\r\n")
    assert read([(b":method", b"HEAD"), *GET[1:]]).to_head
    connect = read([(b":method", b"CONNECT"), (b":authority", b"other.example:443")])
    assert connect.head.startswith(b"CONNECT other.example:443 HTTP/2.0\r\nHost: other.example:443\r\n")


def limited(**limits: int) -> VirtualHost:
    host = VirtualHost(0, b"www.example", NOWHERE)
    for name, value in limits.items():
        setattr(host, name, value)
    return host


def test_limits() -> None:
    assert read(GET, host=limited(limit_request_line=17)).status == 0
    assert read(GET, host=limited(limit_request_line=16)).status == 414
    fields = [*GET, (b"x", b"y" * 100), (b"z", b"1")]
    assert read(fields, host=limited(limit_request_field_size=103)).status == 0
    assert read(fields, host=limited(limit_request_field_size=102)).status == 431
    assert read(fields, host=limited(limit_request_fields=3)).status == 0
    assert read(fields, host=limited(limit_request_fields=2)).status == 431
    assert read(fields, host=limited(limit_request_fields=0, limit_request_field_size=0)).status == 0
    many = [*GET, *[(b"x-%d" % number, b"y") for number in range(103)]]
    assert read(many[:-2], host=limited(limit_request_fields=2)).status == 431
    with pytest.raises(Malformed):
        read(many, host=limited(limit_request_fields=2))


OPENING: Fields = [(b":method", b"CONNECT"), (b":protocol", b"websocket"), *GET[1:]]


def test_a_websocket_is_asked_for_as_in_http_1() -> None:
    fields = [*OPENING, (b"sec-websocket-version", b"13"), (b"sec-websocket-key", b"theirs")]
    request = read(fields, ended=False, websockets=True)
    assert request.head.startswith(b"GET /x?y HTTP/2.0\r\nHost: www.example\r\nSec-Websocket-Version: 13\r\nUpgrade: ")
    assert b"\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + request.key in request.head
    assert b"theirs" not in request.head and b"Transfer-Encoding" not in request.head
    assert len(request.key) == 24 and request.length == 0


def test_another_protocol_is_not_known() -> None:
    other = [OPENING[0], (b":protocol", b"connect-udp"), *OPENING[2:]]
    assert read(other, ended=False, websockets=True).status == 501
    with pytest.raises(Malformed):
        read(OPENING, ended=False, websockets=False)
