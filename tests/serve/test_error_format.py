"""Lines of the error log beside what httpd 2.4.71 makes of the same formats."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.edits import NOTE_PREFIX
from evenflow.plan.error_lines import ErrorLines
from evenflow.plan.model import FORWARD, ConnectionFacts, Decision, Plan, Scope, VirtualHost
from evenflow.serve.error_format import check_formats, formats_of, line_of, read_format
from evenflow.serve.error_log import DEBUG, ERROR, About, ErrorLog, Ids, Occasion
from evenflow.serve.log_format import FormatFault
from evenflow.serve.log_record import LogRecord
from evenflow.wire.http1 import RequestHead

AT = 1795262690.371


def record() -> LogRecord:
    made = LogRecord()
    host = VirtualHost(0, b"www.example", NOWHERE)
    made.decision = Decision(FORWARD, host, Scope(), NOWHERE)
    made.host = host
    made.head = RequestHead()
    made.head.parse(b'GET /x HTTP/1.1\r\nHost: Asked.example\r\nX: a"b\\c\r\n\r\n')
    made.facts = ConnectionFacts(b"10.0.0.9", 54506, b"127.0.0.1", 18321, False, b"", None)
    made.keepalive_count = 2
    made.env = {b"V": b"val ue", NOTE_PREFIX + b"kept": b"note"}
    return made


def occasion(about: LogRecord | None = None, level: int = ERROR, words: str = "it failed") -> Occasion:
    made = Occasion(AT, level, words, about, Ids() if about is not None else None, "own.example")
    made.cause = "refused"
    made.origin = "wiki.conf:9"
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%l|%M", "error|it failed"),
        ("%m %F %E %M", "evenflow wiki.conf:9 refused it failed"),
        ("%a|%{c}a|%A %M", "10.0.0.9:54506|10.0.0.9:54506|127.0.0.1:18321 it failed"),
        ("%v %V %k", "www.example asked.example 2"),
        ("%{X}i %{x}i", 'a"b\\\\c a"b\\\\c'),
        ("%{V}e %{kept}n", "val ue note"),
        ("100%% a\\tb", "100% a\tb"),
        # what has nothing to say takes its field with it
        ("%M %{Y}i b", "it failed b"),
        ("%M [y\\ %{Y}i z] b", "it failed z] b"),
        ("%M [x\\ %{X}i z] b", 'it failed [x a"b\\\\c z] b'),
        ("%M% ,\\ ref\\ %{X}i", 'it failed, ref a"b\\\\c'),
        ("%M% ,\\ ref\\ %{Y}i", "it failed"),
        ("a%{Y}i b %M", " b it failed"),
        ("%-{Y}i|%-{X}i %M", '-|a"b\\\\c it failed'),
        ("%7F %M", " it failed"),
        ("%3F %M", "wiki.conf:9 it failed"),
        ("%M %9l", "it failed"),
        ("%L", ""),
    ],
)
def test_items(text: str, expected: str) -> None:
    assert line_of(read_format(text), occasion(record())) == expected


def test_a_line_without_what_it_requires_is_none() -> None:
    assert line_of(read_format("%+{Y}i %M"), occasion(record())) is None
    assert line_of(read_format("%+{X}i only"), occasion(record())) == 'a"b\\\\c only'


def test_levels_that_an_item_waits_for() -> None:
    assert line_of(read_format("%M %7F"), occasion(level=DEBUG)) == "it failed wiki.conf:9"


def test_what_no_request_is_behind() -> None:
    assert line_of(read_format("%v %V %a %{X}i %M"), occasion()) == "own.example it failed"


def test_times() -> None:
    found = line_of(read_format("%t|%{u}t|%{c}t|%{cu}t|%{z}t"), occasion())
    assert found is not None
    plain, micros, iso, iso_micros, zone = found.split("|")
    assert re.fullmatch(r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d \d{4}", plain)
    assert re.fullmatch(r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d\.371\d{3} \d{4}", micros)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", iso)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.371\d{3}", iso_micros)
    assert zone.startswith(plain) and re.search(r" [+-]\d{4}$", zone)


def test_processes() -> None:
    assert line_of(read_format("%P"), occasion()) == str(os.getpid())


@pytest.mark.parametrize("text", ["%y %M", "%{u %M", "%M %", "%99F %M"])
def test_what_nobody_knows_is_named(text: str) -> None:
    with pytest.raises(FormatFault):
        read_format(text)
    host = VirtualHost(0, b"www.example", NOWHERE)
    host.error_lines = ErrorLines(text, (), (), NOWHERE)
    plan = Plan()
    plan.hosts = (host,)
    assert len(check_formats(plan)) == 1


def test_lines_before_the_first_one_about_a_connection_and_a_request(tmp_path: Path) -> None:
    host = VirtualHost(0, b"www.example", NOWHERE)
    host.error_lines = ErrorLines("%L %{c}L %{C}L %M", ("R %L %l end", "R2 %+{Y}i"), ("C %{c}L %L %m",), NOWHERE)
    path = tmp_path / "error.log"
    log = ErrorLog(str(path), formats=formats_of(host))
    ids = Ids()
    about = About(record(), ids)
    log.error("first", about=about)
    log.error("second", about=about)
    first = (ids.connection.decode(), ids.request.decode())
    about.record.facts.unique = b""
    log.error("third", about=about)
    log.error("fourth")
    connection, request = first
    other = ids.request.decode()
    assert len(connection) == 11 and len(request) == 27 and other != request
    assert path.read_text().splitlines() == [
        f"C {connection}",
        f"R {request} end",
        f"{request} {connection} first",
        f"{request} {connection} second",
        f"R {other} end",
        f"{other} {connection} third",
        " fourth",
    ]


def test_nobody_outside_can_write_a_line_of_ours(tmp_path: Path) -> None:
    host = VirtualHost(0, b"www.example", NOWHERE)
    host.error_lines = ErrorLines("%{V}e %M", (), (), NOWHERE)
    path = tmp_path / "error.log"
    about = About(record(), Ids())
    about.record.env = {b"V": b"a\nb\x1b\xff"}
    ErrorLog(str(path), formats=formats_of(host)).error("x\ny", about=about)
    assert path.read_text() == "a\\nb\\x1b\\xff x\\x0ay\n"
