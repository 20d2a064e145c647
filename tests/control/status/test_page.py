"""The page."""

from __future__ import annotations

import html.parser

from evenflow.control.status.page import write_page
from evenflow.control.status.report import make_report
from tests.control.status.told import at_work


def page(refresh: int = 0) -> str:
    plan, board = at_work()
    return write_page(make_report("evenflow/<9>", plan.hosts[0], plan, board, 200.0), refresh)


def test_what_stands_on_it() -> None:
    text = page()
    assert "<h1>Server Status for www.example</h1>" in text
    assert "evenflow/&lt;9&gt;" in text
    assert "<td>4711</td><td>W</td><td>100</td><td>10</td><td>2</td><td>7</td><td>1</td><td>4</td>" in text
    assert "http://b1:8080" in text and "refresh" not in text


def test_it_is_closed_where_it_is_opened() -> None:
    open_tags: list[str] = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "dt"):
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if tag != "dt":
                assert open_tags.pop() == tag

    Reader().feed(page())
    assert not open_tags


def test_refresh() -> None:
    assert "<meta http-equiv='refresh' content='5'>" in page(5)
