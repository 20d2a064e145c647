"""What expressions come to."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from evenflow.compiler.expr import compile_condition, compile_text
from evenflow.plan.decision import CLIENT, FIELDS, FILES, NOTHING, QUERY, TIME, Inquiry
from evenflow.plan.expr import NOTE_PREFIX, holds, number, try_it, write
from evenflow.wire.headers import Headers
from tests.plan.cases import facts_of, head_of, inside, plan_of

HEAD = ("X-A: abc", "X-Long: a1b22", "User-Agent: curl/8", "Cookie: k=v")


class Answer:
    """A 404 with two fields."""

    status = 404
    fields = Headers([(b"Content-Type", b"text/plain"), (b"X-B", b"be")])

    def get(self, name: bytes) -> bytes | None:
        return self.fields.get(name)

    def content_type(self) -> bytes:
        return self.get(b"content-type") or b""


def inquiry() -> Inquiry:
    plan = plan_of(inside("ProxyPass / http://b1/"))
    made = Inquiry(plan, facts_of(plan), head_of("GET", "/p/q?x=1", HEAD), plan.hosts[0], None)
    made.path = b"/p/q"
    made.filename = b"proxy:http://b1/p/q"
    made.env = {b"E": b"env", NOTE_PREFIX + b"N": b"noted"}
    return made


def held(text: str) -> bool:
    return holds(compile_condition(text), inquiry())


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "not false",
        "!false",
        "true && true",
        "false || true",
        "true or true and false",
        "not false and true",
        "not (false or false)",
        "'a' == 'a'",
        "'a' = 'a'",
        "'a' != 'b'",
        "'10' < '9'",
        "'10' -gt '9'",
        "10 gt 9",
        "-5 -lt '3x'",
        "not 'a' == 'b'",
        "! 'a' == 'b'",
        "'x' eq 'y'",
        "not 'x' ne 'y'",
        "'b' in {'a', 'b'}",
        "'b' -in {'b'}",
        "not 'c' -in {'a','b'}",
        "'abc' =~ /B/i",
        "'abc' !~ /B/",
        "'a/c' =~ m#/c#",
        "%{REQUEST_URI} =~ m|^/p/|",
        "%{request_method} == 'GET'",
        "%{HTTP_USER_AGENT} -strmatch 'curl/*'",
        "%{HTTP:x-a} == 'abc'",
        "http('X-A') == 'abc'",
        "req('X-' . 'A') == 'abc'",
        "req_novary('X-A') == 'abc'",
        "'/p/q' == %{REQUEST_URI}",
        "'/p/q!' == %{REQUEST_URI} . '!'",
        "'a' . 'b' . 'c' == 'abc'",
        '"<%{REQUEST_METHOD}>" == \'<GET>\'',
        "%{QUERY_STRING} == 'x=1'",
        "-n %{REMOTE_ADDR} && -z %{REMOTE_USER}",
        "-T 'yes' and not -T 'OFF' and not -T '0' and not -T '' and -T '00'",
        "-R '192.0.2.0/24'",
        "not -R '10.0.0.0/8'",
        "'10.1.2.3' -ipmatch '10.0.0.0/8'",
        "not 'no.such.host' -ipmatch '10.0.0.0/8'",
        "'A.EXAMPLE' -strcmatch '*.example'",
        "not 'a/b' -fnmatch '*'",
        "'abc' =~ /a(.)(.)/ && $2 . $1 == 'cb'",
        "'abc' =~ /(b)/ && 'x' =~ /x/ && $1 == 'b'",
        "'abc' =~ /(b)/ && not 'x' =~ /(y)/ && $1 == ''",
        "'abc' =~ /(b)/ && '<$1>' == '<b>'",
        "%{ENV:E} == 'env' && reqenv('E') == 'env' && note('N') == 'noted' && env('N') == 'noted'",
        "%{HANDLER} == 'proxy-server'",
        "%{HTTP2} == 'off'",
        "%{API_VERSION} == '20120211'",
        "'\\x' == 'x' && '\\101' == 'A' && '\\'' == \"'\"",
    ],
)
def test_what_holds(text: str) -> None:
    assert held(text)
    assert not held(f"not ({text})")


@pytest.mark.parametrize(
    "text, expanded",
    [
        ("", b""),
        ("plain 'text' \"as\" it } is $ %", b"plain 'text' \"as\" it } is $ %"),
        ("<%{REQUEST_URI}>%{HTTP:X-A}", b"</p/q>abc"),
        ("%{tolower:A%{toupper:b}}", b"ab"),
        ("%{escape:/a b%\xff}", b"/a%20b%25%c3%bf"),
        ("%{unescape:a%20b%2fc}", b"a b%2fc"),
        ("[%{unescape:a%2}]", b"[]"),
        ("%{base64:abc}", base64.b64encode(b"abc")),
        ("%{unbase64:YWJj!!}", b"abc"),
        ("%{unbase64:YWJjZ}", b"abc"),
        ("%{md5:abc}", hashlib.md5(b"abc").hexdigest().encode()),
        ("%{sha1:abc}", hashlib.sha1(b"abc").hexdigest().encode()),
        ("%{filesize:/nowhere}", b"0"),
        ("$1", b""),
        ("\\$1 \\%{X}", b"$1 %{X}"),
        ("%{resp:X-B}", b""),
        ("%{REQUEST_STATUS}", b"200"),
    ],
)
def test_texts(text: str, expanded: bytes) -> None:
    assert write(compile_text(text), inquiry()) == expanded


@pytest.mark.parametrize(
    "text, asked",
    [
        ("true", NOTHING),
        ("%{REQUEST_URI} == 'x'", NOTHING),
        ("%{HTTP_HOST} == 'x'", NOTHING),
        ("%{HTTP:Host} == 'x'", NOTHING),
        ("%{HTTP:X} == 'x'", FIELDS),
        ("req('X') == 'x'", FIELDS),
        ("%{HTTP_COOKIE} == 'x'", FIELDS),
        ("%{QUERY_STRING} == 'x'", QUERY),
        ("%{TIME} == 'x'", TIME),
        ("-R '10.0.0.0/8'", CLIENT),
        ("-f '/x'", FILES),
        ("filesize('/x') == 'x'", FILES),
        ("false and -f '/x'", NOTHING),
        ("false and %{HTTP:X} == 'x'", NOTHING),
    ],
)
def test_what_was_looked_at_is_marked(text: str, asked: int) -> None:
    one = inquiry()
    holds(compile_condition(text), one)
    assert one.asked == asked


@pytest.mark.parametrize(
    "text, names",
    [
        ("%{req:X-Y} == '1'", (b"X-Y",)),
        ("%{HTTP:Host} == '1' or %{HTTP_HOST} == '2'", ()),
        ("%{HTTP_USER_AGENT} == '1'", (b"User-Agent",)),
        ("req_novary('X') == '1'", ()),
        ("false && %{req:X-Y} == '1'", ()),
        ("%{req:A} == %{req:B}", (b"B", b"A")),
        ("%{req:A} -strmatch %{req:B}", (b"B", b"A")),
        ("'%{req:A}%{req:B}' == ''", (b"A", b"B")),
        ("'%{req:A}%{req:B}%{req:C}' == ''", (b"C", b"B", b"A")),
        ("%{req:A}.%{req:B}.%{req:C} == ''", (b"A", b"B", b"C")),
        ("'%{req:A}%{req:B}'.%{req:C}.%{req:D} == ''", (b"C", b"D", b"B", b"A")),
        ("%{req:C}.'%{req:A}%{req:B}'.%{req:D} == ''", (b"C", b"A", b"B", b"D")),
    ],
)
def test_fields_that_are_read_go_into_vary(text: str, names: tuple[bytes, ...]) -> None:
    one = inquiry()
    holds(compile_condition(text), one)
    assert one.vary == names


def test_a_text_adds_nothing_to_vary() -> None:
    one = inquiry()
    assert write(compile_text("%{req:X-A}"), one) == b"abc"
    assert one.vary == ()


def test_the_answer_is_seen_once_there_is_one() -> None:
    one = inquiry()
    one.response = Answer()
    assert compile_condition("resp('X-B') == 'be'").answers
    assert holds(compile_condition("resp('x-b') == 'be' and %{REQUEST_STATUS} -ge 400"), one)
    assert write(compile_text("%{CONTENT_TYPE}|%{resp:X-None}"), one) == b"text/plain|"


def test_fields_that_were_edited_are_seen_as_they_are_now() -> None:
    one = inquiry()
    one.fields = Headers([(b"X-New", b"1")])
    assert holds(compile_condition("%{req:x-new} == '1' and -z %{req:X-A} and -z %{HTTP_COOKIE}"), one)


def test_the_match_is_handed_on() -> None:
    truth, match = try_it(compile_condition("%{REQUEST_URI} =~ m#/(q)#"), inquiry())
    assert truth and match.group(1) == b"q"
    assert try_it(compile_condition("%{REQUEST_URI} =~ m#/q#"), inquiry()) == (True, None)


def test_files(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_bytes(b"text\0hidden")
    (tmp_path / "link").symlink_to(there)
    (tmp_path / "empty").touch()
    for text in (
        f"-f '{there}' && -e '{there}' && -s '{there}' && not -d '{there}' && -d '{tmp_path}' && -e '{tmp_path}'",
        f"-L '{tmp_path}/link' && -h '{tmp_path}/link' && not -L '{there}' && not -s '{tmp_path}/empty'",
        f"not -x '{there}' && -x '{tmp_path}'",
        f"file('{there}') == 'text' && filesize('{there}') -eq 11 && filesize('{tmp_path}') -eq 0",
    ):
        assert held(text), text


def test_what_cannot_be_finished_is_what_the_caller_says() -> None:
    for text in ("file('/nowhere/at/all') == ''", "not file('/nowhere/at/all') == ''"):
        condition = compile_condition(text)
        assert holds(condition, inquiry()) is False
        assert holds(condition, inquiry(), True) is True
    assert write(compile_text("a%{file:/nowhere/at/all}"), inquiry(), b"(null)") == b"(null)"


def test_httpd_gives_up_where_it_is_nested_too_deep() -> None:
    assert held("(" * 30 + "true" + ")" * 30)
    assert held(" or ".join(["false"] * 50 + ["true"]))
    deep = "%{REQUEST_METHOD}"
    for _ in range(17):
        deep = f"tolower({deep})"
    assert held(f"{deep} == 'get'")
    assert not held(f"tolower(tolower({deep})) == 'get'")
    assert held(f"true or tolower(tolower({deep})) == 'get'")


@pytest.mark.parametrize(
    "text, value",
    [
        (b"", 0),
        (b"x", 0),
        (b" \t12x", 12),
        (b"-3", -3),
        (b"+3", 3),
        (b"--3", 0),
        (b"9223372036854775807", (1 << 63) - 1),
        (b"9223372036854775808", (1 << 63) - 1),
        (b"-99999999999999999999999", -(1 << 63)),
        (b"000000000000000000000000012", 12),
    ],
)
def test_numbers(text: bytes, value: int) -> None:
    assert number(text) == value
