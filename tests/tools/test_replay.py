"""Requests out of logs, lists and configurations."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from evenflow.config.load import load
from evenflow.tools.asking import Unclear
from evenflow.tools.replay import (
    FORMATS,
    LogFormat,
    Request,
    format_named,
    lines_of,
    literal_of,
    opened,
    paths_of,
    plain,
    request_of_url,
)

COMMON = b'10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a?b=c HTTP/1.0" 200 2326'
COMBINED = COMMON + b' "http://x.example/\\"y\\"" "Mozilla/4.08 [en] (Win98; I ;Nav)"'


def read(text: str, line: bytes) -> Request:
    found = LogFormat(text).read(line)
    assert found is not None
    return found


def test_the_common_and_the_combined_format() -> None:
    assert read(FORMATS["common"], COMMON) == Request(b"GET", b"/a", b"b=c", b"", 0, None, b"10.0.0.1", (), b"HTTP/1.0")
    assert read(FORMATS["combined"], COMBINED).fields == (
        (b"referer", b'http://x.example/"y"'),
        (b"user-agent", b"Mozilla/4.08 [en] (Win98; I ;Nav)"),
    )
    assert LogFormat(FORMATS["combined"]).read(COMMON) is None


def test_names_ports_fields_and_cookies() -> None:
    text = '%v:%p %a %{Host}i "%{X-Kind}i" %{ROUTEID}C %>s %{ms}T "%m" "%U" "%q" %{%s}t %D'
    line = b'v.example:443 ::1 h.example:8443 "a b" .2 200 17 "POST" "/x" "?y" 1700000000 5'
    assert read(text, line) == Request(
        b"POST", b"/x", b"y", b"h.example:8443", 443, None, b"::1",
        ((b"x-kind", b"a b"), (b"cookie", b"ROUTEID=.2")), b"HTTP/1.1",
    )  # fmt: skip
    assert read(text, line.replace(b"h.example:8443", b"-").replace(b" .2 ", b" - ")).host == b"v.example"
    assert read('%V "%r"', b'v.example "GET http://x/ HTTP/1.1"').path == b"http://x/"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"garbage",
        b'::1 - - [x] "-" 408 -',
        b'::1 - - [x] "\\x16\\x03\\x01" 400 226',
        b'::1 - - [x] "GET /" 400 226',
        b'::1 - - [x] "GET /x y HTTP/1.1" 400 226',
    ],
)
def test_a_line_that_tells_of_no_request(line: bytes) -> None:
    assert LogFormat(FORMATS["common"]).read(line) is None


def test_what_is_logged_escaped_is_unescaped() -> None:
    assert plain(b'a\\x0ab\\"c\\\\d\\te') == b'a\nb"c\\d\te'


def test_a_format_that_does_not_tell_the_target_is_refused() -> None:
    with pytest.raises(Unclear, match="%r"):
        LogFormat("%h %>s")


def test_a_format_is_found_by_name_by_text_or_by_the_lines() -> None:
    known = [("mine", '%v "%r"')]
    assert format_named("mine", known, []).text == '%v "%r"'
    assert format_named('%h "%r"', known, []).text == '%h "%r"'
    assert format_named(None, [], [COMBINED, b"garbage"]).text == FORMATS["combined"]
    assert format_named(None, [], [COMMON]).text == FORMATS["common"]
    assert format_named(None, [], [b"w.example:80 " + COMBINED]).text == FORMATS["vhost_combined"]
    assert format_named(None, [], []).text
    with pytest.raises(Unclear, match="`mine`"):
        format_named("other", known, [])
    with pytest.raises(Unclear, match="--log-format"):
        format_named(None, [], [b"garbage"])


def test_a_log_is_unpacked_and_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(b"a\r\nb\n"))
    with opened(str(path)) as file:
        assert list(lines_of(file)) == [b"a", b"b"]
    with pytest.raises(Unclear, match=r"nowhere\.log"), opened(str(tmp_path / "nowhere.log")):
        pass


def test_a_list_of_urls() -> None:
    assert request_of_url("https://a.example/x?y", 1) == Request(
        b"GET", b"/x", b"y", b"a.example", 443, True, b"", (), b"HTTP/1.1"
    )
    assert request_of_url("POST /x", 1)[:5] == (b"POST", b"/x", None, b"", 0)
    for bad in ("A B C", "ftp://x/", "nothing"):
        with pytest.raises(Unclear):
            request_of_url(bad, 7)


@pytest.mark.parametrize(
    "pattern, prefix",
    [("^/app/(.*)$", "/app/"), ("!^/synchrony", "/synchrony"), (r"^/a\.b", "/a.b"), (r"\d", "/"), ("(.*)", "/")],
)
def test_the_text_that_a_pattern_begins_with(pattern: str, prefix: str) -> None:
    assert literal_of(pattern) == prefix


def test_a_configuration_names_its_paths(tmp_path: Path) -> None:
    (tmp_path / "inner.conf").write_text("Redirect /gone http://x/\n")
    (tmp_path / "a.conf").write_text(
        "Listen 80\nInclude inner.conf\nProxyPass /app http://b/\n<Location /loc>\nRequire all granted\n</Location>\n"
        "<IfDefine NEVER>\nProxyPass /never http://b/\n</IfDefine>\nRewriteEngine On\n"
        "RewriteCond %{REQUEST_URI} ^/cond\nRewriteRule ^/rule/(.*) http://b/$1 [P]\n"
    )
    paths = paths_of(load(str(tmp_path / "a.conf"), {}, environment={}).tree)
    assert {"/", "/gone", "/app", "/app/below/it", "/appbeside", "/loc", "/cond", "/rule/"} <= set(paths)
    assert not any("never" in path for path in paths)


def test_a_line_that_does_not_fit_is_known_at_once() -> None:
    """Values without an end of their own, and a line of blanks that somebody sent."""
    made = LogFormat("%h %{%Y-%m-%d %T}t %{A}i %{B}i %{C}i %{D}o %{E}o %r end")
    began = time.process_time()
    assert made.read(b"192.0.2.1 2026-01-01 00:00:00 " + b"x " * 2000) is None
    assert time.process_time() - began < 5


def test_a_value_with_blanks_in_front_of_the_address() -> None:
    made = LogFormat('%{X-Forwarded-For}i %h [%{%d/%b/%Y:%T %z}t] "%r" %>s %{User-Agent}i')
    read = made.read(b'192.0.2.1, 192.0.2.2 192.0.2.3 [01/Jan/2026:00:00:00 +0000] "GET /x HTTP/1.1" 200 a b c')
    assert read is not None
    assert (read.client, read.fields) == (
        b"192.0.2.3",
        ((b"x-forwarded-for", b"192.0.2.1, 192.0.2.2"), (b"user-agent", b"a b c")),
    )


def test_a_format_in_other_letters() -> None:
    assert LogFormat("%h \udcff %r").read(b"192.0.2.1 \xff GET / HTTP/1.1") is not None


def test_values_side_by_side() -> None:
    made = LogFormat("%m %U%q %>s")
    for target, path, query in ((b"/", b"/", None), (b"/a?b", b"/a", b"b"), (b"/?", b"/", b"")):
        read = made.read(b"GET " + target + b" 200")
        assert read is not None and (read.path, read.query) == (path, query)
