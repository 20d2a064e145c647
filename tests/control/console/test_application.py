"""The page by the ASGI specification, without a server."""

from __future__ import annotations

import asyncio
import re

import pytest

from evenflow.control.console.application import MOST_STREAMS
from evenflow.slotmem.layout import BUSY, DISABLED
from tests.control.console.looked import EVE, Looked
from tests.slotmem.cells import own_cells


def test_only_children_are_answered() -> None:
    assert Looked().get(asks=None).status == 403
    assert Looked().get(asks=None, Evenflow_Asks='["wrong", "", "", 0, "", "", ""]').status == 403


def test_all_members_are_there_with_their_states() -> None:
    looked = Looked()
    looked.scoreboard.member(0, 0).status = DISABLED
    page = looked.get().text
    assert "2 balancers, 3 members: 1 disabled, 1 standby, 1 serving" in page
    assert [re.sub(r"\s+", " ", one) for one in re.findall(r'<a class="name more"[^>]*>(.*?)</a>', page)] == [
        "http://127.0.0.1:8090", "http://127.0.0.2:8090", "http://127.0.0.1:8091",
    ]  # fmt: skip
    assert '<tr id="m0" data-at="m0" class="member" tabindex="-1" data-state="off"' in page
    assert "You are eve (192.0.2.7)" in page


def test_what_is_wrong_comes_first() -> None:
    looked = Looked()
    assert 'aria-labelledby="troubles-title" hidden' in looked.get().text
    looked.scoreboard.member(2, 0).error_since = 90.0
    page = looked.get().text
    assert "balancer://lone has no member that can take a request" in page
    assert page.index("http://127.0.0.1:8091 is in error") < page.index('<main id="balancers">')


def test_names_are_text() -> None:
    looked = Looked()
    looked.scoreboard.member(0, 0).name_route(b"<b>'\"&")
    page = looked.get().text
    assert "<b>'" not in page and "&lt;b&gt;&#39;&#34;&amp;" in page


def test_the_page_asks_nothing_of_others_and_forbids_it() -> None:
    answer = Looked().get()
    policy = answer.fields["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert (answer.fields["cache-control"], answer.fields["x-content-type-options"]) == ("no-store", "nosniff")
    loaded = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
    assert loaded and all(one.startswith(("?", "#")) or one == "" for one in loaded)
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", answer.text)


@pytest.mark.parametrize(
    ("part", "kind", "begins"),
    [("style", "text/css", b"/*"), ("script", "text/javascript", b"//"), ("icon", "image/svg+xml", b"<svg")],
)
def test_its_files(part: str, kind: str, begins: bytes) -> None:
    answer = Looked().get(f"show={part}&v=1")
    assert answer.body.startswith(begins) and answer.fields["content-type"].startswith(kind)
    assert answer.fields["cache-control"] == "max-age=86400"


def test_what_is_not_there_is_said() -> None:
    answer = Looked().get("show=%3Cscript%3E")
    assert answer.status == 404 and "&lt;script&gt;" in answer.text and "<script>" not in answer.text


def test_events_tell_first_all_then_what_changed() -> None:
    looked = Looked()

    def work() -> None:
        own_cells(looked.scoreboard, 1, 1)[BUSY] = 4

    first, second = asyncio.run(looked.next_events(2, work))
    assert set(first) >= {"page", "b0", "b1", "m0", "m1", "m2", "shape", "troubles"}
    assert second["m1"]["busy"] == "4" and "m0" not in second and "b1" not in second
    assert first["shape"] == second["shape"]


def test_events_add_points() -> None:
    looked = Looked()
    first, second = asyncio.run(looked.next_events(2, lambda: looked.rings.add([(1.0, 0.5, 0.0)] * 3)))
    assert "points" not in first and second["points"]["m2"] == [1.0, 0.5, 0.0]


def test_streams_end_with_the_generation_and_are_bounded() -> None:
    looked = Looked()

    async def story() -> list[bytes]:
        looked.ending.set()
        return [piece async for piece in looked.application.events(EVE)]

    assert asyncio.run(story()) == [b"retry: 1000\n\n"]
    looked.application.streams = MOST_STREAMS
    assert looked.get("show=events").status == 503


def test_a_form_of_httpds_page_is_answered_as_a_child_would() -> None:
    looked = Looked()
    body = b"b=confluence&w=http://127.0.0.1:8090&nonce=secret&w_status_D=1"
    referer = "http://wiki.example.com/balancer-manager"
    answer = looked.send("POST", "", body, EVE, {"Referer": referer})
    assert looked.scoreboard.member(0, 0).status & DISABLED
    # The same form again, to the child's own handler: the same bytes.
    status, fields, text = looked.ask("POST", "", body.decode(), referer.encode())
    assert (answer.status, answer.fields, answer.body.decode("latin-1")) == (status, fields, text)
