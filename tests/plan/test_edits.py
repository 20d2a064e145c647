"""Header and RequestHeader, from their text to the fields that come out."""

from __future__ import annotations

import pytest

from evenflow.plan import edits
from evenflow.plan.decision import Inquiry
from evenflow.plan.model import ConnectionFacts, Decision, Plan
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import RequestHead
from tests.plan.cases import facts_of, head_of, inside, plan_of


class View:
    """A request, as the proxy shows it to edits."""

    def __init__(self, plan: Plan, env: dict[bytes, bytes]) -> None:
        self.env: dict[bytes, bytes] | None = env
        self.facts: ConnectionFacts = facts_of(plan)
        self.head: RequestHead = head_of("GET", "/", ("X-Ask: a", "X-Ask: b", "Other: c"))
        self.decision = Decision(1, plan.hosts[0], plan.hosts[0].base, plan.hosts[0].origin)
        self.began_us = 1234567
        self.asked = Inquiry(plan, self.facts, self.head, plan.hosts[0], None)
        self.asked.path = b"/"
        self.asked.env = env

    def inquiry(self) -> Inquiry:
        return self.asked


def after(
    text: str, fields: list[tuple[bytes, bytes]], env: dict[bytes, bytes] | None = None
) -> list[tuple[bytes, bytes]]:
    """The fields after these lines of Header."""
    plan = plan_of(inside(text))
    headers = Headers(list(fields))
    edits.edit_response(plan.hosts[0].base.onsuccess_edits, headers, View(plan, env or {}))
    return list(headers)


ONE = [(b"X", b"1"), (b"Y", b"2"), (b"x", b"3")]


@pytest.mark.parametrize(
    "text, fields",
    [
        ("Header set X new", [(b"X", b"new"), (b"Y", b"2")]),
        ("Header set Z new", [*ONE, (b"Z", b"new")]),
        ("Header setifempty X new", ONE),
        ("Header setifempty Z new", [*ONE, (b"Z", b"new")]),
        ("Header add X new", [*ONE, (b"X", b"new")]),
        ("Header append X new", [(b"X", b"1, new"), (b"Y", b"2"), (b"x", b"3")]),
        ("Header merge X 1", ONE),
        ("Header merge X 4", [(b"X", b"1, 4"), (b"Y", b"2"), (b"x", b"3")]),
        ("Header unset X", [(b"Y", b"2")]),
        ("Header unset X:", [(b"Y", b"2")]),
        (r"Header edit X ^(.) <$1>", [(b"Y", b"2"), (b"X", b"<1>"), (b"x", b"<3>")]),
        ("Header edit Z . x", ONE),
        ("Header echo ^X-", [*ONE, (b"X-Ask", b"a"), (b"X-Ask", b"b")]),
        ("Header set X a\nHeader append X b\nHeader unset Y", [(b"X", b"a, b")]),
    ],
)
def test_actions(text: str, fields: list[tuple[bytes, bytes]]) -> None:
    assert after(text, ONE) == fields


@pytest.mark.parametrize(
    "text, value",
    [
        ('"100%% sure"', b"100% sure"),
        ("%t", b"t=1234567"),
        ("a%{NAME}eb", b"avalueb"),
        ("%{NONE}e", b"(null)"),
        ("%{HTTPS}s", b"off"),
        ("%{REMOTE_ADDR}s", b"192.0.2.1"),
        ("%{SERVER_NAME}s", b"www.example"),
        ("%{SSL_TLS_SNI}s", b"(null)"),
        (r'"a\tb\\c"', b"a\tb\\c"),
    ],
)
def test_formats(text: str, value: bytes) -> None:
    assert after(f"Header set Z {text}", [], {b"NAME": b"value"}) == [(b"Z", value)]


def test_how_long_it_took() -> None:
    ((_, value),) = after("Header set Z %D", [])
    assert value.startswith(b"D=")
    assert value[2:].isdigit()


@pytest.mark.parametrize(
    "line, before, value",
    [
        ("edit* V f F", b"fofo", b"FoFo"),
        ("edit V f F", b"fofo", b"Fofo"),
        # httpd looks at what is left as at a text of its own.
        ("edit* V ^. x", b"abc", b"xxx"),
        ('edit* V "b*" -', b"abc", b"-a--c-"),
        (r"edit V (a)(b)? [$1$2$0$9]", b"ac", b"[aa]c"),
        (r"edit V a \$1", b"a", b"$1"),
        ("edit V a %{NAME}e", b"a", b"value"),
        ("edit V ^b x", b"abc", b"abc"),
        ("edit V c$ ''", b"abc", b"ab"),
    ],
)
def test_editing(line: str, before: bytes, value: bytes) -> None:
    assert after(f"Header {line}", [(b"V", before)], {b"NAME": b"value"}) == [(b"V", value)]


def test_conditions_ask_the_environment() -> None:
    text = "Header set A 1 env=NAME\nHeader set B 1 env=!NAME"
    assert after(text, [], {b"NAME": b""}) == [(b"A", b"1")]
    assert after(text, []) == [(b"B", b"1")]


def test_whether_anything_applies_is_known_before() -> None:
    base = plan_of(inside("Header add Set-Cookie a=b env=CHANGED")).hosts[0].base
    assert not edits.any_applies(base.onsuccess_edits, {})
    assert edits.any_applies(base.onsuccess_edits, {b"CHANGED": b"1"})
    assert edits.any_applies(plan_of(inside("Header set A 1")).hosts[0].base.onsuccess_edits, {})
    assert not edits.any_applies((), {})


def test_a_note_is_for_the_log_and_no_condition_sees_it() -> None:
    plan = plan_of(inside("Header note X kept\nHeader set Seen 1 env=kept"))
    headers = Headers([(b"X", b"1")])
    view = View(plan, {})
    edits.edit_response(plan.hosts[0].base.onsuccess_edits, headers, view)
    assert list(headers) == [(b"X", b"1")]
    assert view.env == {edits.NOTE_PREFIX + b"kept": b"1"}


def test_each_table_is_its_own() -> None:
    base = (
        plan_of(inside("Header always set A 1\nHeader onsuccess set B 1\nHeader set C 1\nRequestHeader set D 1"))
        .hosts[0]
        .base
    )
    assert [len(table) for table in (base.request_edits, base.always_edits, base.onsuccess_edits)] == [1, 1, 2]


def test_request_fields() -> None:
    plan = plan_of(inside("RequestHeader set X-R %{BALANCER_WORKER_ROUTE}e\nRequestHeader unset Other"))
    headers = Headers([(b"Other", b"c")])
    edits.edit_request(plan.hosts[0].base.request_edits, headers, View(plan, {}))
    assert list(headers) == [(b"X-R", b"(null)")]


@pytest.mark.parametrize(
    "text",
    [
        "RequestHeader set X-P https",
        "RequestHeader add P a\nRequestHeader append O b\nRequestHeader merge M c\nRequestHeader setifempty N d",
        "RequestHeader unset Proxy\nRequestHeader unset Cookie\nRequestHeader set X-P https",
    ],
)
def test_what_only_adds_is_known_before_and_comes_to_the_same(text: str) -> None:
    plan = plan_of(inside(text))
    base = plan.hosts[0].base
    head = head_of("GET", "/", ("X-Ask: a", "Other: c"))
    headers = Headers(head.pairs())
    edits.edit_request(base.request_edits, headers, View(plan, {}))
    found = edits.plain(base, head)
    assert found is not None
    assert found.applied(head) == headers
    assert found.lines == b"".join(b"%s: %s\r\n" % pair for pair in list(headers)[head.count :])
    assert edits.plain(base, head) is found


@pytest.mark.parametrize(
    "text",
    [
        "RequestHeader set X-P %{X}e",
        "RequestHeader set X-P a env=X",
        "RequestHeader set X-P a expr=true",
        "RequestHeader set X-P a\nRequestHeader append x-p b",
        "RequestHeader edit X-P a b",
        "RequestHeader set Host a",
        "RequestHeader set X-Forwarded-For a",
        "RequestHeader unset Other",
        "RequestHeader set other a",
        "RequestHeader setifempty Other a",
    ],
)
def test_what_must_be_run(text: str) -> None:
    base = plan_of(inside(text)).hosts[0].base
    assert edits.plain(base, head_of("GET", "/", ("Other: c",))) is None


def test_another_table_is_looked_at_anew() -> None:
    base = plan_of(inside("RequestHeader set X-P https")).hosts[0].base
    head = head_of("GET", "/", ())
    assert edits.plain(base, head) is not None
    base.request_edits = plan_of(inside("RequestHeader set X-P %{X}e")).hosts[0].base.request_edits
    assert edits.plain(base, head) is None


def test_a_condition_decides_and_what_it_reads_goes_into_vary() -> None:
    fields: list[tuple[bytes, bytes]] = [(b"Vary", b"Cookie, X-Ask")]
    lines = "Header set A yes \"expr=%{req:X-Ask} == 'a, b'\"\nHeader set B no \"expr=%{req:Other} == ''\""
    plan = plan_of(inside(lines))
    headers = Headers(fields)
    edits.edit_response(plan.hosts[0].base.onsuccess_edits, headers, View(plan, {}), headers)
    assert list(headers) == [(b"Vary", b"Cookie, X-Ask, X-Ask, Other"), (b"A", b"yes")]
    edits.compact_vary(headers)
    assert list(headers) == [(b"Vary", b"Cookie,X-Ask,Other"), (b"A", b"yes")]


def test_where_the_condition_cannot_be_asked_the_line_acts() -> None:
    assert after("Header set A yes \"expr=file('/nowhere/at/all') == 'x'\"", []) == [(b"A", b"yes")]


def test_a_value_may_be_an_expression() -> None:
    assert after('Header set A "expr=%{REQUEST_URI}|%{req:Other}|%{toupper:a}"', []) == [(b"A", b"/|c|A")]
    assert after("Header edit A . expr=%{REQUEST_METHOD}", [(b"A", b"xy")]) == [(b"A", b"GETy")]


def test_no_value_ends_its_line() -> None:
    assert after('Header set A "expr=%{unescape:a%0d%0ab%01}"', []) == [(b"A", b"a  b")]
    assert after("Header set A %{NAME}e", [], {b"NAME": b"a\r\nSet-Cookie: x\0"}) == [(b"A", b"a  Set-Cookie: x")]
