"""Every specifier of a LogFormat, beside what httpd 2.4.71 wrote for the same request."""

from __future__ import annotations

import os
import re
import threading
from typing import Any

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.model import (
    ANSWER,
    FILE,
    FORWARD,
    LOCAL,
    ConnectionFacts,
    Decision,
    Member,
    Scope,
    VirtualHost,
)  # fmt: skip
from evenflow.serve.log_format import FormatFault
from evenflow.serve.log_reading import compile_format
from evenflow.serve.log_record import LogRecord
from evenflow.wire.http1 import RequestHead

COMBINED = '%h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"'


def head(data: bytes) -> RequestHead:
    made = RequestHead()
    made.parse(data)
    return made


def decision(kind: int = FORWARD) -> Decision:
    host = VirtualHost(0, b"wiki.example", NOWHERE)
    made = Decision(kind, host, Scope(), NOWHERE)
    made.path = b"/x"
    return made


@pytest.fixture
def record() -> LogRecord:
    made = LogRecord()
    made.decision = decision()
    made.decision.filename = b"proxy:http://127.0.0.1:8090/x"
    made.decision.member = Member(b"http://127.0.0.1:8090", b"http", "127.0.0.1", 8090, b"", 0, NOWHERE)
    made.decision.member.host_field = b"127.0.0.1:8090"
    made.head = head(
        b'GET /robots.txt?q=%22a HTTP/1.1\r\nHost: Foo.Example:99\r\nX-A: a"b\\c\xff\td\r\nCookie: a=1; ck=v\r\n'
        b"Referer: zz\r\n\r\n"
    )
    made.facts = ConnectionFacts(b"10.0.0.9", 54506, b"127.0.0.1", 18321, False, b"", None)
    made.status = 200
    made.body_bytes_sent = 14
    made.bytes_sent = 260
    made.bytes_received = 123
    made.started = 1795262690.371
    made.duration = 1.250371
    made.sent_head = b'HTTP/1.1 200 OK\r\nETag: "e-660c828b76af9"\r\n\r\n'
    made.env = {b"V": b"val ue"}
    return made


def line(text: str, record: LogRecord) -> str:
    made = compile_format(text).line(record)
    assert made.endswith(b"\n")
    return made[: len(made) - 1].decode("latin-1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%h %a %{c}a %A", "10.0.0.9 10.0.0.9 10.0.0.9 127.0.0.1"),
        ("%l %u %L %{a}n %{x}^ti %{x}^to", "- - - - - -"),
        ('"%r"', '"GET /robots.txt?q=%22a HTTP/1.1"'),
        ("%s %>s %<s", "200 200 200"),
        ("%b %B %O %I %S", "14 14 260 123 383"),
        ("%D %T %{ms}T %{us}T %{s}T", "1250371 1 1250 1250371 1"),
        ("%v %V %p %{canonical}p %{local}p %{remote}p", "wiki.example foo.example 80 80 18321 54506"),
        ("%m %U %q %H", "GET /robots.txt ?q=%22a HTTP/1.1"),
        ("%X %k", "- 0"),
        ("%{X-A}i %{x-a}i", r"a\"b\\c\xff\td a\"b\\c\xff\td"),
        ("%{ETag}o %{Nope}o", r"\"e-660c828b76af9\" -"),
        ("%{V}e %{W}e", "val ue -"),
        ("%{ck}C %{CK}C %{no}C", "v v -"),
        ("%f %R", "proxy:http://127.0.0.1:8090/x?q=%22a proxy-server"),
        ("%200{Referer}i %!200,304{Referer}i %404{Referer}i %!404{Referer}i %304,200{Referer}i", "zz - - zz zz"),
        ("100%%", "100%"),
        ("%{sec}t %{msec_frac}t %{end:sec}t", "1795262690 371 1795262691"),
        (r"a\tb\\c\"d\q", 'a\tb\\c\\"d\\q'),
        ("%{SSL_PROTOCOL}x", "-"),
        ("", ""),
        ("nothing but text", "nothing but text"),
    ],
)
def test_specifiers(record: LogRecord, text: str, expected: str) -> None:
    assert line(text, record) == expected


def test_the_combined_format(record: LogRecord) -> None:
    assert re.fullmatch(
        r'10\.0\.0\.9 - - \[21/Nov/2026:\d\d:\d\d:50 [+-]\d{4}\] "GET /robots\.txt\?q=%22a HTTP/1\.1" 200 260 "zz" "-"',
        line(COMBINED, record),
    )


def test_time_is_spelled_anew_when_the_second_changes(record: LogRecord) -> None:
    made = compile_format("%t")
    first = made.line(record)
    record.started += 0.2
    assert made.line(record) == first
    record.started += 1
    assert made.line(record) == first.replace(b":50 ", b":51 ")
    record.started -= 1
    assert made.line(record) == first


@pytest.mark.parametrize(
    ("zone", "offset"), [("UTC", "+0000"), ("IST-5:30", "+0530"), ("NST3:30", "-0330"), ("EST5", "-0500")]
)
def test_the_offset_of_the_time_zone(
    record: LogRecord, monkeypatch: pytest.MonkeyPatch, zone: str, offset: str
) -> None:
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert line("%t", record).endswith(f" {offset}]")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_strftime(record: LogRecord) -> None:
    assert line("%{%Y-%m-%d}t %{begin:%Y}t %{end:%S}t", record) == "2026-11-21 2026 51"
    assert re.fullmatch(r"\[21/Nov/2026:\d\d:\d\d:51 [+-]\d{4}\]", line("%{end:}t", record))


def test_nothing_sent_is_a_dash_or_a_nought(record: LogRecord) -> None:
    record.body_bytes_sent = 0
    assert line("%b %B", record) == "- 0"


def test_large_numbers(record: LogRecord) -> None:
    record.bytes_sent = 2**40
    record.bytes_received = 2**40
    assert line("%O %I %S", record) == f"{2**40} {2**40} {2**41}"


def test_processes_and_threads(record: LogRecord) -> None:
    thread = threading.get_native_id()
    assert line("%P %{pid}P %{tid}P %{hextid}P", record) == f"{os.getpid()} {os.getpid()} {thread} {thread:x}"


def test_how_the_connection_ends(record: LogRecord) -> None:
    record.kept_alive = True
    record.keepalive_count = 7
    assert line("%X %k", record) == "+ 7"
    record.aborted = True
    assert line("%X", record) == "X"
    record.kept_alive = False
    assert line("%k", record) == "6"


def test_a_request_whose_head_could_not_be_read() -> None:
    record = LogRecord()
    record.facts = ConnectionFacts(b"10.0.0.9", 1, b"127.0.0.1", 80, True, b"", None)
    record.status = 400
    assert line('"%r" %m %U %q %H %{Host}i %>s %v %V %f %R %p', record) == '"-" - -  HTTP/1.0 - 400 - - - - 443'
    record.refused = b"GET /a?b HTTP/1.1\r\nHost: wiki.example\r\nBad Field: 1\r\nLate: 1\r\n\r\n"
    assert line('"%r" %m %U %q %H', record) == '"GET /a?b HTTP/1.1" GET /a ?b HTTP/1.1'
    assert line("%{Host}i %{Late}i", record) == "wiki.example -"
    record.host = VirtualHost(0, b"wiki.example", NOWHERE)
    assert line("%v %V", record) == "wiki.example wiki.example"


def test_no_facts_no_address() -> None:
    assert line("%h %A %{local}p", LogRecord()) == "- - -"


@pytest.mark.parametrize(
    ("host", "expected"),
    [(b"Wiki.Other", "wiki.other"), (b"[::1]:8080", "::1"), (b"[::1]", "::1"), (b"a:1", "a")],
)
def test_the_name_that_was_asked_for(record: LogRecord, host: bytes, expected: str) -> None:
    record.head = head(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
    assert line("%V", record) == expected
    record.decision.scope.canonical_name = True
    record.decision.host.server_port = 8443
    assert line("%V %p", record) == "wiki.example 8443"


def test_decoded_paths(record: LogRecord) -> None:
    record.head = head(b"GET /a%20b%2Fc%zz%e9% HTTP/1.0\r\n\r\n")
    assert line("%U %H %q.", record) == r"/a b/c%zz\xe9% HTTP/1.0 ."


def test_the_path_is_the_one_that_was_decided_on(record: LogRecord) -> None:
    record.decision.uri = b"/a b/c"
    assert line("%U", record) == "/a b/c"


def made_of(kind: int, **said: Any) -> Decision:
    made = decision(kind)
    for name, value in said.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (made_of(FORWARD, filename=b"proxy:balancer://c/x"), "proxy:balancer://c/x?q=%22a proxy-server"),
        (made_of(FILE, file=b"/srv/robots.txt"), "/srv/robots.txt -"),
        (made_of(LOCAL, handler="balancer-manager", filename=b"/srv/manager"), "/srv/manager balancer-manager"),
        (made_of(LOCAL, handler='a"\nb', filename=b"/srv/x"), '/srv/x a\\"\\nb'),
        (made_of(ANSWER), "- -"),
    ],
)
def test_who_answered(record: LogRecord, made: Decision, expected: str) -> None:
    record.decision = made
    assert line("%f %R", record) == expected


class Tls:
    """What a TLS socket is asked."""

    def version(self) -> str:
        return "TLSv1.3"

    def cipher(self) -> tuple[str, str, int]:
        return "TLS_AES_256_GCM_SHA384", "TLSv1.3", 256


def test_tls_variables(record: LogRecord) -> None:
    record.tls = Tls()
    record.facts = ConnectionFacts(b"10.0.0.9", 1, b"127.0.0.1", 443, True, b"wiki.example", None)
    assert (
        line("%{SSL_PROTOCOL}x %{SSL_CIPHER}x %{SSL_CIPHER_USEKEYSIZE}x %{SSL_TLS_SNI}x %{SSL_CLIENT_S_DN}x", record)
        == "TLSv1.3 TLS_AES_256_GCM_SHA384 256 wiki.example -"
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("%y", "%y"), ("x %{Referer", "%{Referer"), ("%", "%"), ("%>", "%>"),
        ("%{Referer}", "%{Referer}"), ("%i", "%i"),
        ("%{hours}T", "%{hours}T"), ("%{here}p", "%{here}p"), ("%{x}P", "%{x}P"), ("%^xx", "%^xx"), ("%{z}a", "%{z}a"),
    ],
)  # fmt: skip
def test_an_unknown_specifier_is_named(text: str, names: str) -> None:
    with pytest.raises(FormatFault) as caught:
        compile_format(text)
    assert caught.value.specifier == names
    assert names in str(caught.value)


def test_what_is_always_a_dash_is_told() -> None:
    assert compile_format("%h %{mine}n %L %{SSL_CLIENT_NOTHING}x %u").silent == ("%{SSL_CLIENT_NOTHING}x",)


def test_characters_beyond_ascii_in_the_format(record: LogRecord) -> None:
    assert compile_format("é %s").line(record) == "é 200\n".encode()


def test_who_the_user_and_the_client_are(record: LogRecord) -> None:
    assert line("%u %a %h %{c}a %{remote}p", record) == "- 10.0.0.9 10.0.0.9 10.0.0.9 54506"
    record.decision.user = b""
    record.facts.proxied_address, record.facts.proxied_port = b"7.7.7.7", 99
    assert line("%u %a %h %{c}a %{remote}p", record) == '"" 7.7.7.7 7.7.7.7 10.0.0.9 99'
    record.decision.user = b'a "b"'
    record.decision.address = b"8.8.8.8"
    assert line("%u %a %h %{c}a %{remote}p", record) == 'a \\"b\\" 8.8.8.8 8.8.8.8 10.0.0.9 0'


def test_an_error_document_in_the_place_of_what_was_asked_for(record: LogRecord) -> None:
    """httpd's line for GET /x without such a file and `ErrorDocument 404 /a.txt`, and one whose member said 200."""
    record.first_decision = decision()
    record.first_decision.uri = b"/x"
    record.decision.uri = b"/a.txt"
    record.status = 200
    record.first_status = 404
    assert line("%s %<s %>s %U %<U %>U", record) == "404 404 200 /x /x /a.txt"
    record.head = head(b"POST /x?a=1 HTTP/1.0\r\n\r\n")
    record.last_head = head(b"GET /a.txt HTTP/1.0\r\n\r\n")
    assert line("%r %m %<m %>m %q. %<q", record) == "POST /x?a=1 HTTP/1.0 GET POST GET . ?a=1"
    record.decision.kind = FILE
    record.decision.file = record.decision.filename = b"/srv/a.txt"
    record.first_decision.user = b"ann"
    record.first_decision.filename = b"proxy:http://127.0.0.1:8090/x"
    assert line("%f %<f", record) == "/srv/a.txt proxy:http://127.0.0.1:8090/x?a=1"
    assert line("%R %>R %u %<u", record) == "proxy-server - - ann"


def test_a_redirect_looks_for_no_file(record: LogRecord) -> None:
    record.decision = decision(ANSWER)
    record.decision.uri = record.decision.filename = b"/410"
    assert line("%f", record) == "-"


def test_a_time_in_other_letters() -> None:
    record = LogRecord()
    assert compile_format("%{\udcff}t").line(record) == b"\xff\n"
    with pytest.raises(FormatFault, match="NUL"):
        compile_format("%{a\0}t")


def test_the_query_is_as_rules_left_it(record: LogRecord) -> None:
    record.decision.keep_query = False
    record.decision.query = b"more&q"
    record.env[b"BALANCER_WORKER_NAME"] = b"http://10.0.0.1:8090"
    record.decision.path = b"/a%20b"
    record.decision.member = None
    assert line("%q %<q %f", record) == "?more&q ?more&q proxy:http://10.0.0.1:8090/a%20b?more&q"


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [(b"a=1;ck=in,the;b", "in,the"), (b"ck=", "-"), (b"ck=;CK=2", "2"), (b"xck=1, ck = 3", "-"), (b" ck = 3 ", "3")],
)
def test_cookies_end_at_semicolons_alone(record: LogRecord, cookie: bytes, expected: str) -> None:
    record.head = head(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + cookie + b"\r\n\r\n")
    assert line("%{ck}C", record) == expected


def test_trailers(record: LogRecord) -> None:
    record.request_trailers = b"X-In: in\r\n"
    record.response_trailers = b'X-Out: a"b\r\nx-out: c\r\n'
    assert line("%{x-in}^ti %{X-Out}^to %{X-In}^to", record) == 'in a\\"b, c -'


def test_the_type_is_written_without_its_parameters(record: LogRecord) -> None:
    record.sent_head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html ; charset=utf-8\r\n\r\n"
    assert line("%{Content-Type}o", record) == "text/html"


def test_two_marks_of_exclamation_take_each_other_back(record: LogRecord) -> None:
    assert line("%!200,!404s %!200s", record) == "200 -"


def test_old_words_of_tls(record: LogRecord) -> None:
    record.tls = Tls()
    record.facts = ConnectionFacts(b"10.0.0.9", 1, b"127.0.0.1", 443, True, b"wiki.example", None)
    assert line("%{version}c %{cipher}c %{errcode}c", record) == "TLSv1.3 TLS_AES_256_GCM_SHA384 -"


def test_what_the_error_log_calls_it(record: LogRecord) -> None:
    assert line("%L", record) == "-"
    record.log_id = b"Zx9"
    assert line("%L", record) == "Zx9"
