"""What is said of files, compiled; and the table of types."""

from __future__ import annotations

from pathlib import Path

from evenflow.compiler.files import bits, python_types, read_types
from evenflow.config.settings import Switches
from evenflow.plan import files
from tests.plan.cases import built, inside, plan_of


def test_a_file_of_types(tmp_path: Path) -> None:
    path = tmp_path / "types"
    path.write_text("# text/x-comment no\ntext/html html HTM\n\napplication/x-nothing\ntext/plain\ttxt  text\n")
    assert dict(read_types(str(path), 0)) == {
        b"html": b"text/html",
        b"htm": b"text/html",
        b"txt": b"text/plain",
        b"text": b"text/plain",
    }
    assert read_types(str(path), 0) is read_types(str(path), 0)


def test_without_any_file_there_is_a_table() -> None:
    assert python_types()[b"html"] == b"text/html"


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    made = built(inside("").replace("Listen 8000", "Listen 8000\nTypesConfig nowhere.types"), str(tmp_path))
    assert made.plan is None
    assert {one.code for one in made.diagnostics} == {"file-unreadable"}


def test_words_become_bits() -> None:
    assert bits(Switches(None, frozenset(("followsymlinks",)), frozenset(("includes", "indexes")))) == (
        -1,
        files.FOLLOW,
        files.INCLUDES,
    )
    assert bits(Switches(frozenset(("size", "mtime")), frozenset(), frozenset())) == (files.SIZE | files.MTIME, 0, 0)


def test_links_are_looked_at_only_where_somebody_asks_for_it() -> None:
    assert not plan_of(inside("Options FollowSymLinks Indexes")).hosts[0].checks_links
    assert not plan_of(inside("Options +Indexes")).hosts[0].checks_links
    assert plan_of(inside("Options Indexes")).hosts[0].checks_links
    assert plan_of(inside("<Directory /srv>\nOptions -FollowSymLinks\n</Directory>")).hosts[0].checks_links


def test_files_inside_of_a_directory_come_last() -> None:
    plan = plan_of(
        inside(
            """
            <Directory /srv>
                <Files a>
                    Header set X 1
                </Files>
            </Directory>
            <Files b>
                Header set X 1
            </Files>
            """
        )
    )
    assert [getattr(section, "prefix", b"") for section in plan.hosts[0].directories] == [b"/srv", b"b", b"a"]
