"""Static files: what httpd 2.4.71's default handler answered for the same files and requests."""

from __future__ import annotations

import calendar
import os
import tempfile
from pathlib import Path

import pytest

from evenflow.plan.decide import decide
from evenflow.plan.files import INODE, MTIME, SIZE
from evenflow.plan.model import FILE, Decision
from evenflow.serve import files
from evenflow.serve.files import FileAnswer, etag, find_file, parse_date
from evenflow.wire.http1 import RequestHead
from tests.plan.cases import facts_of, plan_of

MOMENT = 1795262653
DATE = b"Sat, 21 Nov 2026 12:04:13 GMT"
TEXT = b"User-agent: *\n"
TAG = b'"e-%x"' % (MOMENT * 1000000)
NOW = MOMENT + 2.0
CONFIG = """
AddEncoding x-gzip .gz
AddHandler server-parsed .shtml
AddOutputFilter INCLUDES .inc
<Location /idx>
    Options +Includes
    FileETag None
</Location>
<Location /plain>
    SetHandler default-handler
    FileETag INode
    AcceptPathInfo On
</Location>
"""
TYPES = """
# type extensions
text/plain txt
text/html html HTM
text/css css
application/x-nothing
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "robots.txt").write_bytes(TEXT)
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "noext").write_bytes(b"z")
    (tmp_path / "large.bin").write_bytes(bytes(range(256)) * 1024)
    (tmp_path / ".htaccess").write_bytes(b"Require all denied")
    (tmp_path / "dir").mkdir()
    (tmp_path / "idx").mkdir()
    (tmp_path / "idx" / "index.html").write_bytes(b"<p>index</p>\n")
    (tmp_path / "types").write_text(TYPES)
    (tmp_path / "plain").mkdir()
    for name in ("a.shtml", "a.inc", "idx/a.inc", "plain/a.shtml", "a.html.gz"):
        (tmp_path / name).write_bytes(b"<p>x</p>")
    os.mkfifo(tmp_path / "pipe")
    os.utime(tmp_path / "robots.txt", ns=(MOMENT * 10**9, MOMENT * 10**9))
    return tmp_path


def ask(root: Path, method: bytes, path: bytes, *fields: bytes) -> FileAnswer:
    """What a front with this DocumentRoot answers; only for what comes to a file."""
    return find_file(*asked(root, method, path, *fields), NOW)


def asked(root: Path, method: bytes, path: bytes, *fields: bytes) -> tuple[Decision, RequestHead]:
    """The decision for a file, and the request."""
    plan = plan_of(f"Listen 8000\nDocumentRoot {root}\nTypesConfig {root}/types\n{CONFIG}")
    head = RequestHead()
    lines = [method + b" " + path + b" HTTP/1.1", b"Host: wiki.example", *fields, b"", b""]
    head.parse(b"\r\n".join(lines))
    decision = decide(plan, facts_of(plan), head)
    assert decision.kind == FILE
    return decision, head


def written(answer: FileAnswer) -> tuple[list[bytes], bytes]:
    head, _, body = answer.write(date=DATE).partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


def test_a_file(root: Path) -> None:
    assert written(ask(root, b"GET", b"/robots.txt")) == (
        [
            b"HTTP/1.1 200 OK",
            b"Date: " + DATE,
            b"Server: evenflow",
            b"Last-Modified: " + DATE,
            b"ETag: " + TAG,
            b"Accept-Ranges: bytes",
            b"Content-Length: 14",
            b"Content-Type: text/plain",
        ],
        TEXT,
    )


def test_head_gives_the_same_head(root: Path) -> None:
    lines, body = written(ask(root, b"HEAD", b"/robots.txt"))
    assert lines == written(ask(root, b"GET", b"/robots.txt"))[0]
    assert body == b""


def test_post_is_answered_like_get(root: Path) -> None:
    assert written(ask(root, b"POST", b"/robots.txt", b"Content-Length: 0")) == written(
        ask(root, b"GET", b"/robots.txt")
    )


def test_fields_of_the_configuration_and_a_closing_connection(root: Path) -> None:
    answer = ask(root, b"GET", b"/robots.txt")
    answer.fields.append((b"Cache-Control", b"no-store"))
    lines = answer.write([(b"X-Always", b"1")], True, DATE).split(b"\r\n")
    assert lines[3] == b"X-Always: 1"
    assert lines[7:10] == [b"Cache-Control: no-store", b"Content-Length: 14", b"Connection: close"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ((b"If-None-Match: " + TAG,), 304),
        ((b"If-None-Match: W/" + TAG,), 304),
        ((b'If-None-Match: "x", ' + TAG,), 304),
        ((b"If-None-Match: *",), 304),
        ((b'If-None-Match: "x"',), 200),
        ((b"If-Modified-Since: " + DATE,), 304),
        ((b"If-Modified-Since: Sat, 21 Nov 2026 12:04:12 GMT",), 200),
        ((b"If-Modified-Since: yesterday",), 200),
        ((b"If-Modified-Since: " + DATE, b'If-None-Match: "zz"'), 200),
        ((b"If-Unmodified-Since: Thu, 01 Jan 1970 00:00:10 GMT",), 412),
        ((b"If-Unmodified-Since: " + DATE,), 200),
        ((b'If-Match: "zz"',), 412),
        ((b"If-Match: " + TAG,), 200),
        ((b"If-Match: W/" + TAG,), 412),
        ((b"If-Match: *",), 200),
    ],
)
def test_conditions(root: Path, fields: tuple[bytes, ...], status: int) -> None:
    assert ask(root, b"GET", b"/robots.txt", *fields).status == status


def test_a_304_has_the_validators_and_no_length(root: Path) -> None:
    lines, body = written(ask(root, b"GET", b"/robots.txt", b"If-None-Match: *"))
    assert lines == [
        b"HTTP/1.1 304 Not Modified", b"Date: " + DATE, b"Server: evenflow", b"Last-Modified: " + DATE, b"ETag: " + TAG,
        b"Accept-Ranges: bytes",
    ]  # fmt: skip
    assert body == b""


def test_a_412_has_no_body(root: Path) -> None:
    lines, body = written(ask(root, b"POST", b"/robots.txt", b"If-None-Match: *"))
    assert lines[0] == b"HTTP/1.1 412 Precondition Failed" and b"Content-Length: 0" in lines
    assert body == b""


@pytest.mark.parametrize(
    ("given", "shown", "body"),
    [
        (b"bytes=2-4", b"bytes 2-4/14", TEXT[2:5]),
        (b"bytes=-4", b"bytes 10-13/14", TEXT[10:]),
        (b"bytes=-400", b"bytes 0-13/14", TEXT),
        (b"bytes=0-", b"bytes 0-13/14", TEXT),
        (b"bytes=10-99999", b"bytes 10-13/14", TEXT[10:]),
        (b"Bytes=13-13", b"bytes 13-13/14", b"\n"),
    ],
)
def test_a_single_range(root: Path, given: bytes, shown: bytes, body: bytes) -> None:
    lines, got = written(ask(root, b"GET", b"/robots.txt", b"Range: " + given))
    assert lines[0] == b"HTTP/1.1 206 Partial Content"
    assert b"Content-Range: " + shown in lines and b"Content-Length: %d" % len(body) in lines
    assert got == body


@pytest.mark.parametrize(
    "given",
    [b"bytes=5-2", b"items=1-2", b"bytes=1", b"bytes=0-1,3-4", b"bytes=a-b", b"bytes=--1", b"bytes=-", b"bytes=+1-2"],
)
def test_what_is_no_single_range_gets_the_whole(root: Path, given: bytes) -> None:
    answer = ask(root, b"GET", b"/robots.txt", b"Range: " + given)
    assert answer.status == 200 and answer.body == TEXT


@pytest.mark.parametrize(
    ("path", "given"), [(b"/robots.txt", b"bytes=100-"), (b"/robots.txt", b"bytes=-0"), (b"/empty.txt", b"bytes=0-")]
)
def test_a_range_outside(root: Path, path: bytes, given: bytes) -> None:
    answer = ask(root, b"GET", path, b"Range: " + given)
    assert answer.status == 416
    assert b"<title>416 Requested Range Not Satisfiable</title>" in answer.write(date=DATE)


@pytest.mark.parametrize(
    ("condition", "status"),
    [(TAG, 206), (b'"x"', 200), (DATE, 206), (b"Sat, 21 Nov 2026 12:04:14 GMT", 200), (b"W/" + TAG, 200)],
)
def test_if_range(root: Path, condition: bytes, status: int) -> None:
    assert ask(root, b"GET", b"/robots.txt", b"Range: bytes=2-4", b"If-Range: " + condition).status == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        (b"GET", b"/nope", 404),
        (b"GET", b"/robots.txt/extra", 404),
        (b"GET", b"/robots.txt/", 404),
        (b"GET", b"/dir/", 404),
        (b"GET", b"/a.shtml", 403),
        (b"GET", b"/a.inc", 200),
        (b"GET", b"/idx/a.inc", 403),
        (b"GET", b"/plain/a.shtml", 200),
        (b"GET", b"/plain/a.shtml/more", 200),
        (b"GET", b"/idx/", 200),
        (b"GET", b"/pipe", 403),
        (b"GET", b"/.htaccess", 403),
        (b"PUT", b"/robots.txt", 405),
        (b"DELETE", b"/nope", 405),
        (b"PATCH", b"/robots.txt", 405),
        (b"PROPFIND", b"/robots.txt", 405),
        (b"BREW", b"/robots.txt", 501),
        (b"get", b"/robots.txt", 501),
        (b"OPTIONS", b"/nope", 200),
        (b"POST", b"/nope", 404),
        (b"GET", b"/" + b"a" * 300, 403),
    ],
)
def test_statuses(root: Path, method: bytes, path: bytes, status: int) -> None:
    answer = ask(root, method, path)
    assert answer.status == status
    assert answer.write(date=DATE).startswith(b"HTTP/1.1 %d " % status)


def test_methods_that_may_be_used_are_named(root: Path) -> None:
    for method in (b"OPTIONS", b"PUT", b"BREW"):
        assert (b"Allow", b"POST,OPTIONS,HEAD,GET,TRACE") in ask(root, method, b"/robots.txt").fields
    assert written(ask(root, b"OPTIONS", b"/robots.txt"))[1] == b""


def test_the_index_of_a_directory(root: Path) -> None:
    lines, body = written(ask(root, b"GET", b"/idx/"))
    assert b"Content-Type: text/html" in lines and body == b"<p>index</p>\n"


def test_an_unreadable_file() -> None:
    # Not below pytest's own directory, which nobody else may enter.
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        root.chmod(0o755)
        (root / "types").write_text(TYPES)
        (root / "secret.txt").write_bytes(b"secret")
        (root / "secret.txt").chmod(0)
        asking = asked(root, b"GET", b"/secret.txt")
        pid = os.fork()
        if pid == 0:
            status = 0
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)
                status = find_file(*asking, NOW).status
            finally:
                os._exit(status == 403)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1


def test_a_large_file_is_handed_out_open(root: Path) -> None:
    answer = ask(root, b"GET", b"/large.bin")
    assert answer.body is None and answer.file is not None and answer.size == 262144
    with answer.file as file:
        lines, body = written(answer)
        assert b"Content-Length: 262144" in lines and body == b""
        assert file.read() == bytes(range(256)) * 1024


def test_a_large_range_begins_where_it_should(root: Path) -> None:
    answer = ask(root, b"GET", b"/large.bin", b"Range: bytes=3-200002")
    assert answer.file is not None and answer.size == 200000
    with answer.file as file:
        assert file.read(3) == b"\x03\x04\x05"


def test_head_of_a_large_file_opens_nothing(root: Path) -> None:
    answer = ask(root, b"HEAD", b"/large.bin")
    assert answer.file is None
    lines, body = written(answer)
    assert b"Content-Length: 262144" in lines and body == b""


def test_what_names_say(root: Path) -> None:
    lines, _ = written(ask(root, b"GET", b"/a.html.gz"))
    assert b"Content-Type: text/html" in lines and b"Content-Encoding: x-gzip" in lines
    lines, _ = written(ask(root, b"GET", b"/noext"))
    assert not any(line.startswith(b"Content-Type") for line in lines)


def test_etags(root: Path) -> None:
    facts = os.stat(root / "robots.txt")
    assert etag(facts, MTIME | SIZE, NOW) == TAG
    assert etag(facts, MTIME | SIZE, MOMENT + 0.5) == b"W/" + TAG
    assert etag(facts, INODE | SIZE, NOW) == b'"%x-e"' % facts.st_ino
    assert etag(facts, 0, NOW) == b""


def test_without_an_etag_only_dates_count(root: Path) -> None:
    lines, _ = written(ask(root, b"GET", b"/idx/", b'If-None-Match: "x"'))
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert not any(line.startswith(b"ETag") for line in lines)


def test_a_weak_etag_is_no_ground_for_a_range(root: Path) -> None:
    head = RequestHead()
    head.parse(b"GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\nIf-Range: W/" + TAG + b"\r\n\r\n")
    assert files.asked_range(head, 14, b"W/" + TAG, MOMENT) == (0, -1)


@pytest.mark.parametrize(
    "moment", [0, 1, 68169600, 951782399, 951868800, 1709164800, 1795262653, 4102444799, 32503680000]
)
def test_dates_are_read_in_their_three_forms(moment: int) -> None:
    import time

    fields = time.gmtime(moment)
    assert parse_date(time.strftime("%a, %d %b %Y %H:%M:%S GMT", fields).encode()) == moment
    assert parse_date(time.strftime("%a %b %d %H:%M:%S %Y", fields).encode()) == moment
    if 1970 <= fields.tm_year < 2070:
        assert parse_date(time.strftime("%A, %d-%b-%y %H:%M:%S GMT", fields).encode()) == moment


@pytest.mark.parametrize(
    "text",
    [
        b"", b"0", b"Sat, 21 Nov 2026", b"Sat, 21 Nov 2026 12:04 GMT",
        b"Sat, 21 Foo 2026 12:04:13 GMT", b"Sat, 21 Nov 2026 25:04:13 GMT",
        b"Sat, xx Nov 2026 12:04:13 GMT", b"Sat, 21 Nov 2026 12:04:13 CET", b"Sat, 21 Nov +026 12:04:13 GMT",
        b"Sat, 21 Nov 99999 12:04:13 GMT", b"Sat, 32 Nov 2026 12:04:13 GMT", b"\xff" * 40,
    ],
)  # fmt: skip
def test_what_is_no_date(text: bytes) -> None:
    assert parse_date(text) == -1


def test_days_are_counted_as_the_calendar_does() -> None:
    for year in range(1970, 2110):
        for month in (1, 2, 3, 12):
            assert files.days_before(year, month, 28) * 86400 == calendar.timegm((year, month, 28, 0, 0, 0))
