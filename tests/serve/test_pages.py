"""Answers of our own: pages, redirects, the order of fields, dates."""

from __future__ import annotations

import email.utils
from html.parser import HTMLParser

import pytest

from evenflow.serve import pages

DATE = b"Sat, 21 Nov 2026 12:04:50 GMT"


class Page(HTMLParser):
    """Title, heading and paragraphs of a page; what is opened must be closed."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: dict[str, str] = {}
        self.links: list[str] = []
        self.feed(page.decode("latin-1"))
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "hr":
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self.open:
            self.texts[tag] = self.texts.get(tag, "") + data


@pytest.mark.parametrize("status", [status for status in pages.REASONS if status >= 300 and status != 304])
def test_every_page_has_title_heading_and_closes_what_it_opens(status: int) -> None:
    text = pages.page(status)
    page = Page(text)
    reason = pages.REASONS[status].decode()
    assert page.texts["title"] == f"{status} {reason}"
    assert page.texts["h1"] == reason
    assert text.startswith(b"<!DOCTYPE HTML PUBLIC")


@pytest.mark.parametrize("status", sorted(pages.SENTENCES))
def test_sentences_are_said(status: int) -> None:
    assert len(Page(pages.page(status)).texts["p"]) > 20


def test_another_reason_and_a_detail_that_is_escaped() -> None:
    page = Page(pages.page(502, pages.PROXY_ERROR, b'<script>"x" & y</script> \xe9'))
    assert page.texts["title"] == "502 Proxy Error"
    assert '<script>"x" & y</script> \xe9' in page.texts["p"]
    assert "script" not in page.texts


def test_a_complete_error_has_its_fields_in_httpds_order() -> None:
    answer = pages.error_response(
        503, [(b"Strict-Transport-Security", b"max-age=1")], True, DATE, False, [(b"Retry-After", b"60")]
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 503 Service Unavailable",
        b"Date: " + DATE,
        b"Server: evenflow",
        b"Strict-Transport-Security: max-age=1",
        b"Retry-After: 60",
        b"Content-Length: %d" % len(body),
        b"Connection: close",
        b"Content-Type: text/html; charset=iso-8859-1",
    ]
    assert body == pages.page(503)


def test_a_kept_connection_has_no_connection_field() -> None:
    assert b"Connection:" not in pages.error_response(404, date=DATE)


def test_an_answer_to_head_has_no_body_and_no_length() -> None:
    answer = pages.error_response(404, date=DATE, head_only=True)
    assert answer.endswith(b"\r\n\r\n") and b"Content-Length" not in answer
    assert b"Content-Type: text/html; charset=iso-8859-1\r\n" in answer


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_a_body(status: int) -> None:
    answer = pages.error_response(status, date=DATE)
    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length" not in answer and b"Content-Type" not in answer


def test_an_unknown_status_gets_a_reason_all_the_same() -> None:
    assert pages.error_response(599, date=DATE).startswith(b"HTTP/1.1 599 Internal Server Error\r\n")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_name_the_place_in_field_and_page(status: int) -> None:
    place = b'http://wiki.example/a?b=1&c="<x>'
    head, _, body = pages.redirect_response(status, place, [(b"X", b"1")], date=DATE).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[3:5] == [b"X: 1", b"Location: " + place]
    assert Page(body).links == [place.decode()]
    assert lines[5] == b"Content-Length: %d" % len(body)


def test_signatures() -> None:
    assert pages.signature_of(b"off", b"wiki.example", 80) == b""
    signature = pages.signature_of(b"On", b"wiki.example", 8080)
    assert signature == b"<address>evenflow Server at wiki.example Port 8080</address>"
    page = Page(pages.page(404, signature=pages.signature_of(b"email", b"wiki.example", 80, b"root@wiki.example")))
    assert page.links == ["mailto:root@wiki.example"]
    assert page.texts["address"] == "evenflow Server at wiki.example Port 80"


@pytest.mark.parametrize("moment", [0.0, 784111777.9, 951782400.5, 1795262690.0, 4102444800.25])
def test_dates(moment: float) -> None:
    spelled = pages.http_date(moment).decode()
    assert spelled == email.utils.formatdate(int(moment), usegmt=True)
    assert pages.spell_date(int(moment)).decode() == spelled


def test_a_date_changes_with_the_second() -> None:
    first = pages.http_date(1000.1)
    assert pages.http_date(1000.9) == first
    assert pages.http_date(1001.0) != first
    assert pages.http_date(1000.5) == first


def test_a_length_that_the_caller_sends_itself() -> None:
    answer = pages.response(200, (), False, DATE, False, (), b"", b"", b"text/plain", 12345)
    assert b"Content-Length: 12345\r\n" in answer and answer.endswith(b"\r\n\r\n")


def test_a_member_s_reason_is_no_mark_up() -> None:
    page = pages.page(404, b"<script>alert(1)</script>")
    assert b"<script>" not in page
    assert page.count(b"&lt;script&gt;alert(1)&lt;/script&gt;") == 2
