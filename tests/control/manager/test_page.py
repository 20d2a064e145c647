"""The page: whole HTML, everything escaped, and the columns that people know."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import pytest

from evenflow.control.manager.page import BALANCER_COLUMNS, MEMBER_COLUMNS, address, short_size
from evenflow.slotmem.addresses import Answer
from evenflow.slotmem.layout import FOUND
from tests.control.manager.managed import Managed

VOID = ("meta", "hr", "br", "input")


class Outline(HTMLParser):
    """Checks that every element is closed where it has to be, and keeps what it met."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.inputs: dict[str, str] = {}
        self.cells: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "a":
            self.links.append(said["href"] or "")
        if tag == "input" and ("checked" in said or said.get("type") != "radio"):
            self.inputs[said.get("name") or ""] = said.get("value") or ""
        if tag in ("td", "th"):
            self.cells.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.cells and ("td" in self.open or "th" in self.open):
            self.cells[-1] += data


def test_the_tables() -> None:
    page = Managed().ask()[2]
    cells = Outline(page).cells
    assert cells[: len(BALANCER_COLUMNS)] == list(BALANCER_COLUMNS)
    assert cells[8:16] == ["2 [2 Used]", "JSESSIONID|jsessionid", "Off", "0", "1", "byrequests", "", "Yes"]
    assert cells[16 : 16 + len(MEMBER_COLUMNS)] == list(MEMBER_COLUMNS)
    row = ["http://127.0.0.2:8090", "n2", "", "1.50", "0", "Init Stby Ok ", "0", "0", "0", "  0 ", "  0 "]
    assert cells[38:49] == row
    assert "<title>Balancer Manager</title>" in page
    assert "<h1>Load Balancer Manager for wiki.example.com</h1>" in page
    assert "title='conf/wiki.conf:10'" in page


def test_a_member_says_where_its_name_leads() -> None:
    managed = Managed()
    managed.plan.members[0].dial_host = "node.example"
    answer = Answer(FOUND, ("10.0.0.1",), time.monotonic(), 30.0, time.monotonic() + 30.0)
    managed.scoreboard.address(0).write("node.example", answer)
    page = managed.ask()[2]
    assert "wiki.conf:9; 10.0.0.1, resolved 0 s ago, ttl 30'>http://127.0.0.1:8090" in page
    assert "wiki.conf:10'>http://127.0.0.2:8090" in page


def test_links_lead_to_forms() -> None:
    managed = Managed()
    links = Outline(managed.ask()[2]).links
    assert links[:2] == [
        "/balancer-manager?b=confluence&nonce=secret",
        "/balancer-manager?b=confluence&w=http://127.0.0.1:8090&nonce=secret",
    ]
    member = Outline(managed.ask(query=links[1].partition("?")[2])[2]).inputs
    assert member["w_lf"] == "1.00" and member["w_wr"] == "n1" and member["w_status_D"] == "0"
    assert (member["b"], member["w"], member["nonce"]) == ("confluence", "http://127.0.0.1:8090", "secret")
    balancer = Outline(managed.ask(query=links[0].partition("?")[2])[2]).inputs
    assert balancer["b_ss"] == "JSESSIONID|jsessionid" and balancer["b_max"] == "1" and "w" not in balancer


def test_a_form_sent_back_unchanged_changes_nothing() -> None:
    managed = Managed()
    before = managed.report()
    for query in ("b=confluence&w=http://127.0.0.2:8090", "b=confluence"):
        page = Outline(managed.ask(query=query)[2])
        fields = {name: value for name, value in page.inputs.items() if name}
        assert managed.post(**{"w": "", **fields}) == ""
    assert managed.report() == before


def test_what_was_typed_is_escaped_everywhere() -> None:
    managed = Managed()
    evil = "\"'><script>alert(1)</script>&amp;"
    managed.post(w_wr=evil, w_rr=evil)
    managed.post(w="", b_ss=evil)
    notices = managed.post(w_ls=evil, **{evil: "x"})
    assert "<script>" not in notices
    page = managed.ask(query="b=confluence&w=http://127.0.0.1:8090")[2]
    assert "<script>" not in page
    outline = Outline(page)
    assert outline.inputs["w_wr"] == evil
    assert evil in outline.cells
    assert Outline(managed.ask(query="b=confluence")[2]).inputs["b_ss"] == evil


def test_bytes_beyond_ascii_survive() -> None:
    managed = Managed()
    managed.post(w_wr="\xe9")
    assert "<td>\xc3\xa9</td>" in managed.ask()[2]


def test_a_strange_path_stays_inside_its_attribute() -> None:
    assert address("/a'\"><b>/%20") == "/a%27%22%3E%3Cb%3E/%20"


SIZES = {
    0: "  0 ",
    972: "972 ",
    973: "1.0K",
    1024: "1.0K",
    1536: "1.5K",
    10000: "9.8K",
    10240: " 10K",
    995327: "972K",
    996352: "1.0M",
    2**40: "1.0T",
}


@pytest.mark.parametrize(("size", "text"), SIZES.items())
def test_sizes(size: int, text: str) -> None:
    assert short_size(size) == text


def test_the_style_knows_light_and_dark() -> None:
    assert re.search(r"color-scheme:\s*light dark", Managed().ask()[2])
