"""Pages on two nodes that share a journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Text

from evenflow.tools.demo.documents import TEXT, Documents, Refused, from_text, text_of, to_text
from evenflow.tools.demo.journal import Journal

PAGE = "/pages/1"


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[Documents, Documents, Journal]]:
    journals = [Journal(tmp_path / "wiki.sqlite") for _ in range(3)]
    yield Documents("1", journals[0]), Documents("2", journals[1]), journals[2]
    for one in journals:
        one.close()


def update(words: str, *before: bytes) -> bytes:
    """What a client sends that writes `words` before everything."""
    page: Doc[Any] = Doc()
    for one in before:
        page.apply_update(one)
    state = page.get_state()
    page.get(TEXT, type=Text).insert(0, words)
    return bytes(page.get_update(state))


def said(content: bytes) -> dict[str, str]:
    return {"update": to_text(content)}


def test_what_is_said_on_one_node_is_heard_on_the_other_and_kept(nodes: tuple[Documents, Documents, Journal]) -> None:
    one, two, journal = nodes
    two.joined(PAGE, {"vector": to_text(b"\0")})
    first = update("world")
    one.publish(PAGE, said(first))
    assert one.heard() == []
    assert two.heard() == [(PAGE, said(first))]
    assert two.heard() == []
    two.publish(PAGE, said(update("hello ", first)))
    assert text_of(journal, "1") == "hello world"


def test_who_joins_gets_what_they_lack_and_is_told_what_we_lack(nodes: tuple[Documents, Documents, Journal]) -> None:
    one, two, _ = nodes
    first = update("world")
    one.publish(PAGE, said(first))
    # Node 2 has not even looked yet.
    ours: Doc[Any] = Doc()
    mine = update("mine ")
    ours.apply_update(mine)
    answer = two.joined(PAGE, {"vector": to_text(ours.get_state())})
    ours.apply_update(from_text(answer["update"]))
    two.publish(PAGE, said(ours.get_update(from_text(answer["vector"]))))
    assert sorted(text_of(nodes[2], "1")) == sorted("worldmine ") == sorted(str(ours.get(TEXT, type=Text)))


def test_a_page_that_is_open_follows_before_anybody_looked(nodes: tuple[Documents, Documents, Journal]) -> None:
    one, two, _ = nodes
    two.joined(PAGE, {"vector": to_text(b"\0")})
    one.publish(PAGE, said(update("new")))
    newcomer: Doc[Any] = Doc()
    newcomer.apply_update(from_text(two.joined(PAGE, {"vector": to_text(b"\0")})["update"]))
    assert str(newcomer.get(TEXT, type=Text)) == "new"


def test_presence_is_heard_and_not_kept(nodes: tuple[Documents, Documents, Journal]) -> None:
    one, two, journal = nodes
    one.publish("/presence/1", {"name": "Ada"})
    assert two.heard() == [("/presence/1", {"name": "Ada"})]
    assert journal.lasting("/presence/1") == []


def test_other_channels_stay_on_their_node(nodes: tuple[Documents, Documents, Journal]) -> None:
    one, two, _ = nodes
    one.publish("/sync/page-1", "text")
    assert two.heard() == []
    assert one.joined("/sync/page-1", {"vector": "AA=="}) == {} == one.joined(PAGE, None)


@pytest.mark.parametrize("data", [None, 7, {}, {"update": 7}, {"update": "%"}, {"update": "AQU="}, {"update": ""}])
def test_what_is_no_update_is_refused_and_not_kept(nodes: tuple[Documents, Documents, Journal], data: object) -> None:
    with pytest.raises(Refused):
        nodes[0].publish(PAGE, data)
    assert nodes[2].last() == 0


def test_what_is_no_state_is_refused(nodes: tuple[Documents, Documents, Journal]) -> None:
    for vector in (None, "%", "//8="):
        with pytest.raises(Refused):
            nodes[0].joined(PAGE, {"vector": vector})
