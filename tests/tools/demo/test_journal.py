"""Two nodes write into one file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evenflow.tools.demo import journal
from evenflow.tools.demo.journal import Journal


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Journal, Journal]]:
    made = Journal(tmp_path / "wiki.sqlite"), Journal(tmp_path / "wiki.sqlite")
    yield made
    for one in made:
        one.close()


def test_one_reads_what_the_other_wrote_in_its_order(both: tuple[Journal, Journal]) -> None:
    ours, theirs = both
    assert ours.last() == 0
    theirs.write("2", "/pages/1", {"update": "a"}, lasting=True)
    theirs.write("2", "/presence/1", ["b"], lasting=False)
    ours.write("1", "/pages/1", {"update": "c"}, lasting=True)
    said = [(line.number, line.node, line.channel, line.data) for line in ours.after(0)]
    assert said == [
        (1, "2", "/pages/1", {"update": "a"}),
        (2, "2", "/presence/1", ["b"]),
        (3, "1", "/pages/1", {"update": "c"}),
    ]
    assert [line.number for line in ours.after(2)] == [3]
    assert [line.number for line in theirs.lasting("/pages/1")] == [1, 3]


def test_news_is_what_somebody_else_wrote(both: tuple[Journal, Journal]) -> None:
    ours, theirs = both
    ours.has_news()
    ours.write("1", "/pages/1", 1, lasting=True)
    assert not ours.has_news()
    theirs.write("2", "/pages/1", 2, lasting=True)
    assert ours.has_news()
    assert not ours.has_news()


def test_what_does_not_last_passes(both: tuple[Journal, Journal], monkeypatch: pytest.MonkeyPatch) -> None:
    ours, _ = both
    ours.write("1", "/pages/1", "stays", lasting=True)
    ours.write("1", "/presence/1", "passes", lasting=False)
    monkeypatch.setattr(journal, "PASSING_SECONDS", -1.0)
    ours.write("1", "/presence/1", "passes at once", lasting=False)
    assert [line.data for line in ours.after(0)] == ["stays"]
