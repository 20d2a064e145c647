"""A head is read once and exactly, or refused: cut short, spoiled or written to be read in two ways."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenflow.wire import http1
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.http1 import KNOWN_NAMES, RequestHead, ResponseHead, decimal, find_loose_head_end, tidied
from evenflow.wire.scan import find_head_end

TAIL: Final = b"GET /smuggled HTTP/1.1\r\nHost: b\r\n\r\n"


def request(data: bytes) -> RequestHead:
    head = RequestHead()
    head.parse(data)
    return head


def response(data: bytes) -> ResponseHead:
    head = ResponseHead()
    head.parse(data)
    return head


def with_fields(fields: bytes, line: bytes = b"GET / HTTP/1.1") -> bytes:
    return line + b"\r\nHost: a\r\n" + fields + b"\r\n"


REQUEST: Final = (
    b"GET /wiki/x?y=1 HTTP/1.1\r\nHost: wiki.example.com:8443\r\nuser-agent:x/1.0 (y; z)\r\nAccept:  */* \t\r\n"
    b"Cookie: a=1\r\nX-Empty:\r\ncookie: b=2\r\nConnection: keep-alive\r\n\r\n"
)

ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2022 00:00:00 GMT\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
    b"Content-Type:text/html\r\nContent-Length: 5\r\n\r\n"
)


def test_a_request_is_read() -> None:
    head = request(REQUEST)
    assert (head.method, head.target, head.version) == (b"GET", b"/wiki/x?y=1", 11)
    assert (head.path, head.query, head.host) == (b"/wiki/x", b"y=1", b"wiki.example.com:8443")
    assert head.line == b"GET /wiki/x?y=1 HTTP/1.1"
    assert head.data == REQUEST
    assert head.count == 7
    assert head.pairs() == [
        (b"Host", b"wiki.example.com:8443"),
        (b"user-agent", b"x/1.0 (y; z)"),
        (b"Accept", b"*/*"),
        (b"Cookie", b"a=1"),
        (b"X-Empty", b""),
        (b"cookie", b"b=2"),
        (b"Connection", b"keep-alive"),
    ]
    assert head.repeated
    assert head.uneven
    assert (head.keeps, head.closes, head.names_others) == (True, False, False)


def test_a_value_is_got_by_name_number_and_index() -> None:
    head = request(REQUEST)
    assert head.get(b"user-agent") == b"x/1.0 (y; z)"
    assert head.get(b"cookie") == b"a=1, b=2"
    assert head.get(b"x-empty") == b""
    assert head.get(b"x-emp") is None
    assert head.get(b"") is None
    assert head.known(http1.COOKIE) == b"a=1"
    assert head.find(http1.CONNECTION) == 6
    assert head.find(http1.TE) == -1
    assert head.known(http1.TE) is None
    assert (head.name(1), head.value(1)) == (b"user-agent", b"x/1.0 (y; z)")


def test_an_answer_is_read() -> None:
    head = response(ANSWER)
    assert (head.version, head.status, head.reason) == (11, 200, b"OK")
    assert head.data == ANSWER
    assert head.pairs() == [
        (b"Date", b"Sat, 01 Jan 2022 00:00:00 GMT"),
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
        (b"Content-Type", b"text/html"),
        (b"Content-Length", b"5"),
    ]
    assert head.repeated
    assert head.known(http1.CONTENT_LENGTH) == b"5"


def test_what_follows_a_head_is_left_alone() -> None:
    head = request(REQUEST + TAIL)
    assert head.pairs() == request(REQUEST).pairs()
    assert head.host == b"wiki.example.com:8443"
    assert response(ANSWER + TAIL).pairs() == response(ANSWER).pairs()
    assert find_head_end(REQUEST + TAIL, 0, len(REQUEST + TAIL)) == len(REQUEST)
    assert find_loose_head_end(ANSWER + TAIL, 0, len(ANSWER + TAIL)) == len(ANSWER)


@pytest.mark.parametrize("data", [REQUEST, with_fields(b""), with_fields(b"A: b\r\n" * 90), with_fields(b"a:" * 4000)])
def test_a_request_that_breaks_off_anywhere_is_refused(data: bytes) -> None:
    head = RequestHead()
    for length in range(len(data) if len(data) < 600 else 300):
        with pytest.raises(ProtocolFault) as caught:
            head.parse(data[:length])
        assert caught.value.status == 400
        assert head.count == 0


@pytest.mark.parametrize("data", [ANSWER, b"HTTP/1.1 200\r\n\r\n", b"HTTP/1.0 302 x\nA: b\n c\nD: e\n\n"])
def test_an_answer_that_breaks_off_anywhere_is_refused(data: bytes) -> None:
    head = ResponseHead()
    for length in range(len(data)):
        with pytest.raises(ProtocolFault) as caught:
            head.parse(data[:length])
        assert caught.value.status in (500, 502)
        assert head.count == 0


def test_a_head_that_was_refused_can_read_the_next() -> None:
    head = RequestHead()
    with pytest.raises(ProtocolFault):
        head.parse(with_fields(b"Connection: close, x\r\nA:b\r\nA: c\r\n\x00\r\n"))
    head.parse(with_fields(b""))
    assert head.pairs() == [(b"Host", b"a")]
    assert not (head.repeated or head.uneven or head.closes or head.keeps or head.names_others)
    head.parse(b"OPTIONS * HTTP/1.0\r\n\r\n")
    assert (head.host, head.query, head.version, head.count) == (b"", None, 10, 0)


@pytest.mark.parametrize(
    ("line", "method", "path", "query", "host"),
    [
        (b"GET / HTTP/1.1", b"GET", b"/", None, b"a"),
        (b"get /x HTTP/1.1", b"get", b"/x", None, b"a"),
        (b"GETX /x HTTP/1.1", b"GETX", b"/x", None, b"a"),
        (b"GE /x HTTP/1.1", b"GE", b"/x", None, b"a"),
        (b"M-SEARCH.!#$%&'*+^_`|~ /x HTTP/1.1", b"M-SEARCH.!#$%&'*+^_`|~", b"/x", None, b"a"),
        (b"GET /? HTTP/1.1", b"GET", b"/", b"", b"a"),
        (b"GET /a?b?c HTTP/1.1", b"GET", b"/a", b"b?c", b"a"),
        (b"GET //a/../b;c=d HTTP/1.1", b"GET", b"//a/../b;c=d", None, b"a"),
        (b'GET /%00%zz\\{}|"<> HTTP/1.1', b"GET", b'/%00%zz\\{}|"<>', None, b"a"),
        (b"GET /\xc3\xa4\xff HTTP/1.1", b"GET", b"/\xc3\xa4\xff", None, b"a"),
        (b"GET http://b HTTP/1.1", b"GET", b"/", None, b"b"),
        (b"GET HTTP://b:81/x/y?z HTTP/1.1", b"GET", b"/x/y", b"z", b"b:81"),
        (b"GET https://b?x/y HTTP/1.1", b"GET", b"/", b"x/y", b"b"),
        (b"GET http://[::1]:8080//x HTTP/1.1", b"GET", b"//x", None, b"[::1]:8080"),
        (b"OPTIONS * HTTP/1.1", b"OPTIONS", b"*", None, b"a"),
    ],
)
def test_a_target_has_a_path_a_query_and_perhaps_a_host(
    line: bytes, method: bytes, path: bytes, query: bytes | None, host: bytes
) -> None:
    head = request(with_fields(b"", line))
    assert (head.method, head.path, head.query, head.host) == (method, path, query, host)
    assert head.target == line.split(b" ")[1]


BAD_LINES: Final = {
    "nothing": b"",
    "one word": b"GET",
    "HTTP/0.9": b"GET /",
    "HTTP/0.9 with a blank": b"GET / ",
    "HTTP/0.9 by name": b"GET / HTTP/0.9",
    "no target": b"GET HTTP/1.1",
    "an empty target": b"GET  HTTP/1.1",
    "two blanks before the target": b"GET  / HTTP/1.1",
    "two blanks behind the target": b"GET /  HTTP/1.1",
    "a blank in front": b" GET / HTTP/1.1",
    "a blank behind": b"GET / HTTP/1.1 ",
    "a tab for the first blank": b"GET\t/ HTTP/1.1",
    "a tab for the second blank": b"GET /\tHTTP/1.1",
    "a vertical tab for the second blank": b"GET /\x0bHTTP/1.1",
    "a blank in the target": b"GET /a b HTTP/1.1",
    "a tab in the target": b"GET /a\tb HTTP/1.1",
    "a fragment": b"GET /a#b HTTP/1.1",
    "NUL in the target": b"GET /a\x00b HTTP/1.1",
    "DEL in the target": b"GET /a\x7f HTTP/1.1",
    "bare CR in the target": b"GET /a\rb HTTP/1.1",
    "bare CR and a second line": b"GET / HTTP/1.1\rX: y",
    "two CR": b"GET / HTTP/1.1\r",
    "NUL in the method": b"G\x00ET / HTTP/1.1",
    "NUL in front": b"\x00GET / HTTP/1.1",
    "no token for a method": b"G(T / HTTP/1.1",
    "bytes above 127 in the method": b"G\xffT / HTTP/1.1",
    "a colon in the method": b"GET: / HTTP/1.1",
    "a relative target": b"GET x HTTP/1.1",
    "a star for GET": b"GET * HTTP/1.1",
    "a star and more": b"OPTIONS *x HTTP/1.1",
    "CONNECT's authority": b"CONNECT a:443 HTTP/1.1",
    "another scheme": b"GET ftp://a/ HTTP/1.1",
    "a scheme and one slash": b"GET http:/a/ HTTP/1.1",
    "a scheme alone": b"GET http:// HTTP/1.1",
    "an URL without host": b"GET http:///x HTTP/1.1",
    "an URL with a user": b"GET http://u@a/ HTTP/1.1",
    "an URL with a bad port": b"GET http://a:x/ HTTP/1.1",
    "an URL with a backslash": b"GET http://a\\b/ HTTP/1.1",
    "lower case protocol": b"GET / http/1.1",
    "another protocol": b"GET / ICAP/1.1",
    "no minor version": b"GET / HTTP/1",
    "an empty minor version": b"GET / HTTP/1.",
    "two digits": b"GET / HTTP/1.10",
    "two digits in front": b"GET / HTTP/01.1",
    "a sign": b"GET / HTTP/+1.1",
    "major version 0": b"GET / HTTP/0.1",
    "a letter": b"GET / HTTP/1.x",
    "a comma": b"GET / HTTP/1,1",
    "bytes above 127 in the version": b"GET / HTTP/1.\xb1",
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_request_line_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolFault) as caught:
        request(with_fields(b"", line))
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("version", "number"), [(b"1.0", 10), (b"1.1", 11), (b"1.2", 11), (b"1.9", 11), (b"2.0", 11), (b"9.9", 11)]
)
def test_a_version_is_1_0_or_counts_as_1_1(version: bytes, number: int) -> None:
    assert request(with_fields(b"", b"GET / HTTP/" + version)).version == number


BAD_FIELDS: Final = {
    "a blank before the colon": b"Content-Length : 5\r\n",
    "a tab before the colon": b"Content-Length\t: 5\r\n",
    "a blank in the name": b"Content Length: 5\r\n",
    "a blank before the name": b" Content-Length: 5\r\n",
    "a folded line": b"A: b\r\n c\r\n",
    "a line folded with a tab": b"A: b\r\n\tc\r\n",
    "a folded line that looks like a field": b"A: b\r\n Transfer-Encoding: chunked\r\n",
    "a folded empty line": b"A: b\r\n \r\n",
    "no colon": b"Content-Length\r\n",
    "a colon alone": b":\r\n",
    "no name": b": 5\r\n",
    "no name, but a blank": b" : 5\r\n",
    "bare LF": b"A: b\nContent-Length: 5\r\n",
    "bare LF twice": b"A: b\n\nGET / HTTP/1.1\r\n",
    "LF CR": b"A: b\n\rC: d\r\n",
    "bare CR in a value": b"A: b\rContent-Length: 5\r\n",
    "bare CR at a value's end": b"A: b\r\r\n",
    "bare CR before a value": b"A:\r b\r\n",
    "bare CR in a name": b"A\rB: c\r\n",
    "bare CR before a name": b"\rA: b\r\n",
    "bare CR alone": b"\r\r\n",
    "NUL in a value": b"A: b\x00c\r\n",
    "NUL at a value's end": b"A: b\x00\r\n",
    "NUL in a name": b"A\x00: b\r\n",
    "NUL before a name": b"\x00A: b\r\n",
    "a vertical tab before a coding": b"Transfer-Encoding:\x0bchunked\r\n",
    "a vertical tab before the colon": b"Transfer-Encoding\x0b: chunked\r\n",
    "a form feed in a value": b"A: b\x0cc\r\n",
    "ESC in a value": b"A: \x1b[2J\r\n",
    "DEL in a value": b"A: \x7f\r\n",
    "DEL in a name": b"A\x7f: b\r\n",
    "a quoted name": b'"A": b\r\n',
    "a name in brackets": b"[A]: b\r\n",
    "bytes above 127 in a name": b"A\xe9: b\r\n",
    "a byte order mark": b"\xef\xbb\xbfA: b\r\n",
    "a second request line": b"GET / HTTP/1.1\r\n",
}


@pytest.mark.parametrize("fields", BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_a_bad_field_is_refused_wherever_it_stands(fields: bytes) -> None:
    for data in (
        with_fields(fields),
        with_fields(fields + b"Z: z\r\n"),
        b"GET / HTTP/1.1\r\n" + fields + b"Host: a\r\n\r\n",
        with_fields(b"X: y\r\n" * 50 + fields),
    ):
        with pytest.raises(ProtocolFault) as caught:
            request(data)
        assert caught.value.status == 400


@pytest.mark.parametrize("byte", range(256))
def test_every_byte_is_judged_in_a_name_and_in_a_value(byte: int) -> None:
    c = bytes((byte,))
    head = RequestHead()
    token = c.isalnum() or c in b"!#$%&'*+-.^_`|~"
    for fields, good in (
        (b"a" + c + b"b: x\r\n", token or c == b":"),
        (b"a: x" + c + b"y\r\n", byte == 9 or (byte >= 32 and byte != 127)),
    ):
        try:
            head.parse(with_fields(fields))
        except ProtocolFault as fault:
            assert not good
            assert fault.status == 400
        else:
            assert good
            assert head.name(1) + b":" + head.value(1) == fields.replace(b": ", b":")[:-2] or c in b": \t"


GOOD_HOSTS: Final = (
    b"a",
    b"wiki.example.com",
    b"wiki.example.com.",
    b"wiki.example.com:443",
    b"a:1",
    b"a:65535",
    b"a:00080",
    b"under_score",
    b"-leading",
    b"xn--bcher-kva.example",
    b"10.0.0.1",
    b"255.255.255.255:80",
    b"0.0.0.0",
    b"1.2.3.4.example",
    b"1a",
    b"[::1]",
    b"[::1]:8443",
    b"[fe80::1:2]:1",
    b"[::ffff:10.0.0.1]",
    b"a%20b",
)

BAD_HOSTS: Final = (
    b"",
    b":80",
    b"a:",
    b"a:0",
    b"a:65536",
    b"a:99999999999999999999",
    b"a:+80",
    b"a:80:80",
    b"a:8 0",
    b"a b",
    b"a,b",
    b"a/b",
    b"a\\b",
    b"u@a",
    b"a?b",
    b"a#b",
    b"<a>",
    b'"a"',
    b"a..b",
    b"..",
    b".",
    b".a",
    b"a..",
    b"1",
    b"123456",
    b"1.2.3",
    b"1.2.3.4.5",
    b"1.2.3.256",
    b"01.2.3.4",
    b"1.2.3.00",
    b"1.2..4",
    b"1.2.3.",
    b"[",
    b"]",
    b"[]",
    b"[:]",
    b"[::1",
    b"::1",
    b"[::1]x",
    b"[::1]:",
    b"[::1]:0",
    b"[::g]",
    b"[::1]]",
    b"[[::1]]",
    b"b\xc3\xbccher.example",
    b"a\x80",
)


@pytest.mark.parametrize("host", GOOD_HOSTS)
def test_a_host_is_kept_as_it_was_said(host: bytes) -> None:
    assert request(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").host == host
    assert request(b"GET http://" + host + b"/ HTTP/1.1\r\nHost: a\r\n\r\n").host == host


@pytest.mark.parametrize("host", [host for host in BAD_HOSTS if host != b"a,b"])
@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_bad_host_is_refused(host: bytes, version: bytes) -> None:
    with pytest.raises(ProtocolFault) as caught:
        request(b"GET / HTTP/" + version + b"\r\nHost: " + host + b"\r\n\r\n")
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "host", [host for host in BAD_HOSTS if not set(host) & set(b"/? #") and host not in (b"a,b", b"a:8 0")]
)
def test_a_bad_host_is_refused_in_a_target_as_well(host: bytes) -> None:
    with pytest.raises(ProtocolFault) as caught:
        request(b"GET http://" + host + b"/ HTTP/1.1\r\nHost: a\r\n\r\n")
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "fields",
    [
        b"",
        b"X: y\r\n",
        b"Hostx: a\r\n",
        b"Host: a\r\nHost: a\r\n",
        b"Host: a\r\nhost: b\r\n",
        b"Host: a\r\n" + b"X: y\r\n" * 60 + b"HOST: b\r\n",
    ],
)
def test_http_1_1_wants_exactly_one_host(fields: bytes) -> None:
    with pytest.raises(ProtocolFault) as caught:
        request(b"GET / HTTP/1.1\r\n" + fields + b"\r\n")
    assert caught.value.status == 400


def test_two_hosts_are_seen_whatever_stands_between_them() -> None:
    for between in range(97):
        fields = b"".join(b"x%d: y\r\n" % number for number in range(between))
        with pytest.raises(ProtocolFault, match="two Host fields"):
            request(with_fields(fields + b"Host: b\r\n"))


def test_http_1_0_may_have_no_host_but_not_two() -> None:
    assert request(b"GET / HTTP/1.0\r\n\r\n").host == b""
    assert request(b"GET http://b/ HTTP/1.0\r\n\r\n").host == b"b"
    with pytest.raises(ProtocolFault):
        request(b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n")


def test_a_long_request_line_is_414_and_nothing_else() -> None:
    line = b"GET /" + b"x" * (8190 - 14) + b" HTTP/1.1"
    assert len(line) == 8190
    assert request(with_fields(b"", line)).line == line
    for longer in (line.replace(b"/", b"/x"), b"x" * 8191, b"\x00" * 100_000):
        with pytest.raises(ProtocolFault) as caught:
            request(with_fields(b"", longer))
        assert caught.value.status == 414


def test_a_long_field_is_400() -> None:
    field = b"A: " + b"x" * 8187
    assert len(field) == 8190
    assert request(with_fields(field + b"\r\n")).value(1) == field[3:]
    for longer in (field + b"x", field + b" ", b"x" * 8191, b"x" * 100_000):
        with pytest.raises(ProtocolFault) as caught:
            request(with_fields(longer + b"\r\n"))
        assert caught.value.status == 400


def test_a_hundred_fields_are_read_and_one_more_is_400() -> None:
    fields = b"".join(b"x%d: %d\r\n" % (number, number) for number in range(99))
    head = request(with_fields(fields))
    assert head.count == 100
    assert head.get(b"x98") == b"98"
    assert head.value(99) == b"98"
    assert not head.repeated
    with pytest.raises(ProtocolFault) as caught:
        request(with_fields(fields + b"x99: 99\r\n"))
    assert caught.value.status == 400


def test_limits_are_the_caller_s_and_0_is_none() -> None:
    data = with_fields(b"A: " + b"x" * 20000 + b"\r\n" + b"B: c\r\n" * 500, b"GET /" + b"y" * 20000 + b" HTTP/1.1")
    head = RequestHead()
    head.parse(data, 0, 0, 0)
    assert head.count == 502
    for limits, status in (((100, 0, 0), 414), ((0, 100, 0), 400), ((0, 0, 501), 400)):
        with pytest.raises(ProtocolFault) as caught:
            head.parse(data, *limits)
        assert caught.value.status == status
    head.parse(data, 20014, 20003, 502)


@pytest.mark.parametrize(
    ("fields", "closes", "keeps", "names_others"),
    [
        (b"Connection: close\r\n", True, False, False),
        (b"connection:CLOSE\r\n", True, False, False),
        (b"Connection: Keep-Alive\r\n", False, True, False),
        (b"Connection: upgrade\r\n", False, False, False),
        (b"Connection: keep-alive, Upgrade\r\n", False, True, False),
        (b"Connection: close,keep-alive\r\n", True, True, False),
        (b"Connection: ,, \t close ,,\r\n", True, False, False),
        (b"Connection: x-y\r\n", False, False, True),
        (b"Connection: closed\r\n", False, False, True),
        (b"Connection: clos\r\n", False, False, True),
        (b"Connection: close x\r\n", False, False, True),
        (b"Connection: te, close\r\n", True, False, True),
        (b"Connection: keep-alive\r\nConnection: close\r\n", True, True, False),
        (b"Connection:\r\n", False, False, False),
        (b"Connection: ,\r\n", False, False, False),
        (b"Proxy-Connection: close\r\n", False, False, False),
        (b"Connexion: close\r\n", False, False, False),
    ],
)
def test_connection_says_what_becomes_of_it(fields: bytes, closes: bool, keeps: bool, names_others: bool) -> None:
    for head in (request(with_fields(fields)), response(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n")):
        assert (head.closes, head.keeps, head.names_others) == (closes, keeps, names_others)


def test_the_names_that_connection_lists() -> None:
    head = request(with_fields(b"Connection: close, X-Y ,\r\nconnection: \tTE,,x-y\r\n"))
    assert head.named_by_connection() == {b"close", b"x-y", b"te"}
    assert request(with_fields(b"")).named_by_connection() == set()


@pytest.mark.parametrize(
    ("field", "uneven"),
    [
        (b"A: b", False),
        (b"A: b c", False),
        (b"A: ", False),
        (b"A:b", True),
        (b"A:", True),
        (b"A:  b", True),
        (b"A:\tb", True),
        (b"A: b ", True),
        (b"A: b\t", True),
        (b"A:  ", True),
    ],
)
def test_a_line_is_even_with_one_blank_and_nothing_behind(field: bytes, uneven: bool) -> None:
    assert request(with_fields(field + b"\r\n")).uneven is uneven
    assert request(with_fields(b"X:y\r\n" + field + b"\r\n")).uneven is True


@pytest.mark.parametrize("number", range(1, len(KNOWN_NAMES)))
def test_every_known_name_is_known_in_any_case(number: int) -> None:
    name = KNOWN_NAMES[number]
    for spelled in (name, name.upper(), name.title()):
        head = response(b"HTTP/1.1 200 OK\r\nX: y\r\n" + spelled + b": v\r\n\r\n")
        assert head.find(number) == 1
        assert head.known(number) == b"v"
    assert getattr(http1, name.decode().upper().replace("-", "_")) == number
    assert response(b"HTTP/1.1 200 OK\r\n" + name + b"x: v\r\n\r\n").find(number) == -1


@pytest.mark.parametrize(
    ("line", "version", "status", "reason"),
    [
        (b"HTTP/1.1 200 OK", 11, 200, b"OK"),
        (b"HTTP/1.0 200 OK", 10, 200, b"OK"),
        (b"HTTP/1.9 100 Continue", 11, 100, b"Continue"),
        (b"HTTP/1.1 200", 11, 200, b""),
        (b"HTTP/1.1 200 ", 11, 200, b""),
        (b"HTTP/1.1 999 Not  known ", 11, 999, b"Not  known "),
        (b"HTTP/1.1 404 Nicht da \xfc", 11, 404, b"Nicht da \xfc"),
        (b"HTTP/1.1 200 a\tb", 11, 200, b"a\tb"),
    ],
)
def test_a_status_line_is_read(line: bytes, version: int, status: int, reason: bytes) -> None:
    for end in (b"\r\n", b"\n"):
        head = response(line + end + b"A: b" + end + end)
        assert (head.version, head.status, head.reason) == (version, status, reason)
        assert head.pairs() == [(b"A", b"b")]


BAD_ANSWERS: Final = {
    "nothing": (b"", 502),
    "an empty line": (b"\r\n\r\n", 502),
    "no status line": (b"A: b\r\n\r\n", 502),
    "a page without head": (b"<html>\r\n\r\n", 502),
    "no status": (b"HTTP/1.1\r\n\r\n", 502),
    "an empty status": (b"HTTP/1.1 \r\n\r\n", 502),
    "two digits": (b"HTTP/1.1 20\r\n\r\n", 502),
    "two digits and a reason": (b"HTTP/1.1 20 OK\r\n\r\n", 502),
    "four digits": (b"HTTP/1.1 2000 OK\r\n\r\n", 502),
    "a letter": (b"HTTP/1.1 2x0 OK\r\n\r\n", 502),
    "a status below 100": (b"HTTP/1.1 099 OK\r\n\r\n", 502),
    "a sign": (b"HTTP/1.1 +20 OK\r\n\r\n", 502),
    "two blanks": (b"HTTP/1.1  200 OK\r\n\r\n", 502),
    "a tab": (b"HTTP/1.1\t200 OK\r\n\r\n", 502),
    "a blank in front": (b" HTTP/1.1 200 OK\r\n\r\n", 502),
    "lower case": (b"http/1.1 200 OK\r\n\r\n", 502),
    "HTTP/2": (b"HTTP/2 200 OK\r\n\r\n", 502),
    "HTTP/2.0": (b"HTTP/2.0 200 OK\r\n\r\n", 502),
    "no minor version": (b"HTTP/1. 200 OK\r\n\r\n", 502),
    "a request": (REQUEST, 502),
    "NUL in the reason": (b"HTTP/1.1 200 O\x00K\r\n\r\n", 500),
    "CR in the reason": (b"HTTP/1.1 200 O\rK\r\n\r\n", 500),
    "no colon": (b"HTTP/1.1 200 OK\r\nA b\r\n\r\n", 502),
    "no colon, with bare LF": (b"HTTP/1.1 200 OK\nAb\n\n", 502),
    "a long line": (b"HTTP/1.1 200 OK\r\nA: " + b"x" * 8190 + b"\r\n\r\n", 502),
    "a line that is long when joined": (b"HTTP/1.1 200 OK\r\nA: b" + b"\r\n cdefghi" * 1100 + b"\r\n\r\n", 502),
    "a blank before the colon": (b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", 500),
    "a name that is no token": (b"HTTP/1.1 200 OK\r\nA(b): c\r\n\r\n", 500),
    "no name": (b"HTTP/1.1 200 OK\r\n: c\r\n\r\n", 500),
    "NUL in a value": (b"HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n", 500),
    "CR in a value": (b"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", 500),
    "a folded line behind the status line": (b"HTTP/1.1 200 OK\r\n A: b\r\n\r\n", 500),
}


@pytest.mark.parametrize(("data", "status"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_bad_answer_is_refused_with_the_status_of_httpd(data: bytes, status: int) -> None:
    with pytest.raises(ProtocolFault) as caught:
        response(data)
    assert caught.value.status == status


def test_an_answer_may_be_sloppy_about_its_lines() -> None:
    head = response(b"HTTP/1.1 200 OK\nA: b \r\n  c\n\t\td\nSet-Cookie: e\r\nB:\n f\n\n")
    assert head.pairs() == [(b"A", b"b c d"), (b"Set-Cookie", b"e"), (b"B", b"f")]
    assert head.status == 200


def test_an_answer_may_have_as_many_fields_as_it_likes() -> None:
    head = response(b"HTTP/1.1 200 OK\r\n" + b"".join(b"x%d: %d\r\n" % (n, n) for n in range(700)) + b"\r\n")
    assert head.count == 700
    assert head.get(b"x699") == b"699"
    assert not head.repeated


def test_an_answer_s_long_line_is_the_caller_s_limit() -> None:
    data = b"HTTP/1.1 200 OK\r\nA: " + b"x" * 20000 + b"\r\n\r\n"
    head = ResponseHead()
    head.parse(data, 0)
    assert len(head.value(0)) == 20000
    head.parse(data, 20003)
    with pytest.raises(ProtocolFault) as caught:
        head.parse(data, 20002)
    assert caught.value.status == 502


@pytest.mark.parametrize(
    ("data", "tidy"),
    [
        (b"a\nb\n\n", b"a\r\nb\r\n\r\n"),
        (b"a\r\nb\r\n\r\n", b"a\r\nb\r\n\r\n"),
        (b"a\nb: c \t\n \t d\n\n", b"a\r\nb: c d\r\n\r\n"),
        (b"a\nb: c\r\n\td\n e\n\n", b"a\r\nb: c d e\r\n\r\n"),
        (b"a\n b\n\n", b"a\r\n b\r\n\r\n"),
        (b"a\nb:\rc\r\r\n\n", b"a\r\nb:\rc\r\r\n\r\n"),
        (b"", b""),
    ],
)
def test_tidied_lines_end_in_cr_lf_and_are_not_folded(data: bytes, tidy: bytes) -> None:
    assert tidied(data) == tidy
    assert tidied(tidy) == tidy


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"a\r\n\r\nb", 5),
        (b"a\n\nb", 3),
        (b"a\r\n\nb", 4),
        (b"a\n\r\nb", 4),
        (b"a\n\rb\n\n", 6),
        (b"\n\n", 2),
        (b"\r\n\r\n", 4),
        (b"a\n \n\n", 5),
        (b"a\n\r", -1),
        (b"a\n", -1),
        (b"\r\r\r", -1),
        (b"", -1),
    ],
)
def test_a_loose_head_ends_behind_its_first_empty_line(data: bytes, end: int) -> None:
    assert find_loose_head_end(data, 0, len(data)) == end
    assert find_loose_head_end(bytearray(b"\n" + data + b"\n\n"), 1, len(data) + 1) == (end + 1 if end >= 0 else -1)


LINES: Final = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b" "]), max_size=12).map(b"".join)


@settings(deadline=None)
@given(LINES, st.integers(0, 5), st.integers(0, 5))
def test_the_loose_end_is_where_a_slow_reader_finds_it(data: bytes, start: int, off: int) -> None:
    end = max(len(data) - off, 0)
    found = -1
    for at in range(start, end):
        if any(data[start:at].endswith(mark) for mark in (b"\n\n", b"\n\r\n")):
            found = at
            break
    else:
        if any(data[start:end].endswith(mark) for mark in (b"\n\n", b"\n\r\n")):
            found = end
    assert find_loose_head_end(data, start, end) == found


@pytest.mark.parametrize(
    ("digits", "most", "number"),
    [
        (b"0", 10, 0),
        (b"10", 10, 10),
        (b"11", 10, -1),
        (b"9", 5, -1),
        (b"0000000000000000000000000000005", 5, 5),
        (b"", 10, -1),
        (b"+1", 10, -1),
        (b"-1", 10, -1),
        (b" 1", 10, -1),
        (b"1 ", 10, -1),
        (b"1_0", 100, -1),
        (b"\xb2", 10, -1),
        (b"0x1", 10, -1),
        (b"4611686018427387903", 2**62 - 1, 2**62 - 1),
        (b"4611686018427387904", 2**62 - 1, -1),
        (b"18446744073709551616", 2**62 - 1, -1),
        (b"18446744073709551621", 2**62 - 1, -1),
        (b"9" * 40, 2**62 - 1, -1),
    ],
)
def test_a_number_is_ascii_digits_up_to_the_most(digits: bytes, most: int, number: int) -> None:
    assert decimal(digits, most) == number


@settings(deadline=None)
@given(st.integers(0, 2**80), st.integers(0, 2**62 - 1))
def test_every_number_is_read_or_is_too_large(number: int, most: int) -> None:
    assert decimal(b"%d" % number, most) == (number if number <= most else -1)
    assert decimal(b"%d" % most, most) == most
    assert decimal(b"%d" % (most + 1), most) == -1


TOKEN_BYTES: Final = b"!#$%&'*+-.^_`|~09AZaz"
NAMES: Final = st.one_of(
    st.sampled_from([b"Cookie", b"cookie", b"X_Y", b"a^", b"a~", b"Via", b"VIA", b"Keep-Alive"]),
    st.lists(st.sampled_from(list(TOKEN_BYTES)), min_size=1, max_size=6).map(bytes),
).filter(lambda name: name.lower() not in (b"host", b"connection"))
VALUES: Final = st.binary(max_size=30).map(
    lambda value: bytes(c for c in value if c == 9 or (c >= 32 and c != 127)).strip(b" \t")
)
FIELDS: Final = st.lists(st.tuples(NAMES, VALUES), max_size=50)
BLANKS: Final = st.sampled_from([b"", b" ", b"\t", b" \t "])


@settings(deadline=None)
@given(FIELDS, BLANKS, BLANKS)
def test_any_fields_written_out_are_read_back(fields: list[tuple[bytes, bytes]], before: bytes, behind: bytes) -> None:
    lines = b"".join(name + b":" + before + value + behind + b"\r\n" for name, value in fields)
    for head in (request(with_fields(lines)), response(b"HTTP/1.1 200 OK\r\nHost: a\r\n" + lines + b"\r\n")):
        assert head.pairs() == [(b"Host", b"a"), *fields]
        names = [name.lower() for name, _ in fields]
        assert head.repeated == (len(set(names)) < len(names))
        for name in {*names, b"absent"}:
            values = [value for key, value in fields if key.lower() == name]
            assert head.get(name) == (b", ".join(values) if values else None)


@settings(deadline=None)
@given(FIELDS.filter(bool))
def test_an_answer_with_bare_lf_and_folds_reads_as_one_without(fields: list[tuple[bytes, bytes]]) -> None:
    start = b"HTTP/1.1 200 OK"
    strict = response(start + b"\r\n" + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n")
    loose = response(start + b"\n" + b"".join(b"%b:\n\t%b \n" % field for field in fields) + b"\n")
    assert loose.pairs() == strict.pairs()
    assert tidied(strict.data) == strict.data


@settings(deadline=None)
@given(st.sampled_from([REQUEST, ANSWER]), st.integers(0, 250), st.binary(max_size=4), st.integers(0, 6))
def test_spoiled_heads_end_in_an_answer_or_a_fault(data: bytes, at: int, put: bytes, drop: int) -> None:
    spoiled = data[:at] + put + data[at + drop :]
    for head in (RequestHead(), ResponseHead()):
        try:
            head.parse(spoiled)
        except ProtocolFault as fault:
            assert fault.status in (400, 500, 502)
        # Also what was refused may be looked at, for the log.
        assert len(head.pairs()) == head.count


def test_a_field_is_said_anew() -> None:
    head = RequestHead()
    data = b"GET /x?y HTTP/1.1\r\nHost: a\r\nx-for: 1, 2\r\nB: c\r\nX-For: 3\r\n\r\n"
    head.parse(data)
    head.replace(b"X-For", b"1")
    assert head.pairs() == [(b"Host", b"a"), (b"x-for", b"1"), (b"B", b"c")]
    assert (head.path, head.query, head.repeated) == (b"/x", b"y", False)
    head.replace(b"x-FOR", None)
    head.replace(b"New", b"n")
    assert head.pairs() == [(b"Host", b"a"), (b"B", b"c"), (b"New", b"n")]
    assert head.came == data
    head.replace(b"b", b"")
    assert head.get(b"b") == b""
    head.parse(data)
    assert head.came == b""


def test_fields_that_stand_apart_are_not_joined() -> None:
    head = RequestHead()
    head.parse(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nB: 2\r\nx-a: 3\r\n\r\n")
    assert (head.get(b"x-a"), head.apart) == (b"1, 3", False)
    head.replace(b"X-A", b"4", b"5", b"6")
    assert head.pairs() == [(b"Host", b"a"), (b"X-A", b"4"), (b"B", b"2"), (b"x-a", b"5"), (b"X-A", b"6")]
    assert (head.get(b"x-a"), head.apart) == (b"4", True)
    head.replace(b"B", b"7")
    assert head.apart and len(head.pairs()) == 5
    head.parse(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 3\r\n\r\n")
    assert (head.get(b"x-a"), head.apart) == (b"1, 3", False)
