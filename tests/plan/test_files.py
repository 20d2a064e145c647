"""Files below DocumentRoot, and what leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.plan.files import file_path


@pytest.fixture
def htdocs(tmp_path: Path) -> Path:
    made = tmp_path / "htdocs"
    made.mkdir()
    (made / "f.txt").write_text("file")
    (tmp_path / "secret").write_text("secret")
    return made


def test_a_path_names_a_file(htdocs: Path) -> None:
    root = bytes(htdocs)
    assert file_path(root, b"/f.txt") == root + b"/f.txt"
    assert file_path(root + b"/", b"/f.txt") == root + b"/f.txt"
    assert file_path(root, b"//f.txt") == root + b"/f.txt"
    assert file_path(root, b"/") == root + b"/"
    assert file_path(root, b"/not/there") == root + b"/not/there"
    assert file_path(root, b"/..f/.g") == root + b"/..f/.g"


@pytest.mark.parametrize("path", [b"/../secret", b"/a/../../secret", b"/./f.txt", b"/..", b"/f\0.txt", b"f.txt", b""])
def test_a_path_that_may_lead_out_names_none(htdocs: Path, path: bytes) -> None:
    assert file_path(bytes(htdocs), path) is None


def test_a_link_may_not_lead_out(htdocs: Path) -> None:
    (htdocs / "out").symlink_to(htdocs.parent / "secret")
    (htdocs / "up").symlink_to(htdocs.parent)
    (htdocs / "in").symlink_to(htdocs / "f.txt")
    (htdocs / "loop").symlink_to(htdocs / "loop")
    root = bytes(htdocs)
    assert file_path(root, b"/out") is None
    assert file_path(root, b"/up/secret") is None
    assert file_path(root, b"/up/htdocs/f.txt") == root + b"/up/htdocs/f.txt"
    assert file_path(root, b"/in") == root + b"/in"


def test_document_root_may_be_a_link(htdocs: Path) -> None:
    link = htdocs.parent / "link"
    link.symlink_to(htdocs)
    assert file_path(bytes(link), b"/f.txt") == bytes(link) + b"/f.txt"


def test_a_directory_whose_name_begins_alike_is_outside(htdocs: Path) -> None:
    twin = htdocs.parent / "htdocs-private"
    twin.mkdir()
    (htdocs / "twin").symlink_to(twin)
    assert file_path(bytes(htdocs), b"/twin/x") is None
