"""docs/directives is what the generator makes of the program, and says something of every directive."""

from __future__ import annotations

from pathlib import Path

from evenflow.config.known import KNOWN
from evenflow.config.registry import DIRECTIVES
from evenflow.tools.reference import IGNORED, REFUSED, WORKS, entries, main, pages, write
from tests.peers import CHECKOUT

PAGES = CHECKOUT / "docs" / "directives"


def test_the_pages_are_what_the_generator_makes() -> None:
    committed = {file.name: file.read_text() for file in PAGES.glob("*.md")}
    assert committed == pages(), "type `make docs`"


def test_every_directive_is_there_once() -> None:
    names = [("<" if one.is_section else "") + one.name.lower() for one in entries()]
    assert len(names) == len(set(names))
    assert set(names) == {*KNOWN, *DIRECTIVES}


def test_what_evenflow_does_with_each() -> None:
    said = {one.name: one for one in entries()}
    assert said["ProxyPass"].support == WORKS
    assert said["IfModule"].support == WORKS
    assert said["Macro"].usage == "<Macro NAME [PARAMETER ...]>"
    assert said["StartServers"].support == IGNORED
    assert "tunes httpd itself" in said["StartServers"].remark
    assert said["LuaHookFixups"].support == REFUSED
    assert "RewriteRule" in said["LuaHookFixups"].remark


def test_a_page_shows_syntax_default_and_place() -> None:
    text = pages()["rewrite.md"]
    start = text.index("## RewriteEngine\n")
    entry = text[start : text.index("\n## ", start + 1)]
    assert "    RewriteEngine On|Off\n" in entry
    assert "| default | `Off` |" in entry
    assert "| where | anywhere |" in entry
    assert "| where | the main server or `<VirtualHost>` |" in text


def test_every_directive_that_works_says_what_it_is_for() -> None:
    for one in entries():
        if one.support == WORKS:
            assert one.sentence.rstrip().endswith("."), one.name


def test_writing_takes_away_what_is_no_longer_made(tmp_path: Path) -> None:
    directory = tmp_path / "pages"
    assert main([str(directory)]) == 0
    (directory / "old.md").write_text("gone")
    (directory / "README.md").write_text("changed")
    assert write(directory, pages()) == ["README.md", "old.md"]
    assert {file.name for file in directory.iterdir()} == set(pages())
    assert main([]) == 2
