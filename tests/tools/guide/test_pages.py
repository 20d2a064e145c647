"""Configurations in the guides are right for both programs, commands can be typed, and links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from evenflow.tools.cli import main
from tests.config.advice.told import check_advice
from tests.config.test_against_httpd import verdict
from tests.peers import require_peer
from tests.tools.guide.pages import GUIDE, PAGES, Block, blocks_of, commands_of, is_as_shown

CONFIGURATIONS = [block for page in PAGES for block in blocks_of(page) if block.language == "apache"]
COMMANDS = [(page.name, words) for page in PAGES for words in commands_of(page)]


def of(block: Block) -> str:
    return f"{block.page}:{block.line}"


@pytest.mark.parametrize("block", [block for block in CONFIGURATIONS if not block.name], ids=of)
def test_check_says_what_the_page_says(block: Block) -> None:
    check_advice(block.case)


def test_files_are_checked_by_a_command_of_their_page() -> None:
    for block in CONFIGURATIONS:
        if block.name:
            assert ["check", block.name] in commands_of(GUIDE / block.page), of(block)


@pytest.mark.parametrize("block", CONFIGURATIONS, ids=of)
def test_httpd_takes_it(block: Block, tmp_path: Path) -> None:
    accepted, said = verdict(require_peer("apache2"), tmp_path, block.text)
    assert accepted, said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_configurations_are_not_hidden_from_these_tests(page: Path) -> None:
    assert not re.findall(r"^    </?[A-Z]\w+.*>$", re.sub(r"```.*?\n```", "", page.read_text(), flags=re.S), re.M)


@pytest.mark.parametrize(("page", "words"), COMMANDS, ids=lambda one: one if isinstance(one, str) else " ".join(one))
def test_a_command_can_be_typed(page: str, words: list[str]) -> None:
    context = click.Context(main)
    name, command, rest = main.resolve_command(context, words) if not words[0].startswith("-") else ("", main, words)
    try:
        assert command.make_context(name, list(rest)).params is not None
    except click.exceptions.Exit as done:
        # `--version` and the like are done when they are read.
        assert done.exit_code == 0


def test_there_are_commands_in_the_pages() -> None:
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_page_is_in_the_index() -> None:
    index = (GUIDE / "README.md").read_text()
    assert [page.name for page in PAGES if page.name != "README.md" and f"({page.name})" not in index] == []


def test_what_is_shown_is_compared() -> None:
    assert is_as_shown("a 1\nb\nc\n", ("a ...", "...", "c")) and is_as_shown("", ())
    assert not is_as_shown("a\nb\n", ("a",)) and not is_as_shown("a\n", ("a", "b")) and not is_as_shown("ab\n", ("a",))
