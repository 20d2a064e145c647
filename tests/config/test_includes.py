"""Files that an Include names."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenflow.config.diagnostics import Wrong
from evenflow.config.includes import included_files


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.conf", "a.conf", "note.txt", ".hidden.conf", "sub/z.conf", "sub/deep/y.conf", "other/x.conf"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path


def names(tree: Path, pattern: str, *, optional: bool = False) -> list[str]:
    return [str(Path(path).relative_to(tree)) for path in included_files(pattern, str(tree), optional=optional)]


def test_one_file(tree: Path) -> None:
    assert names(tree, "a.conf") == ["a.conf"]
    assert included_files(str(tree / "a.conf"), "/elsewhere", optional=False) == [str(tree / "a.conf")]


def test_a_pattern_in_alphabetical_order_without_hidden_files(tree: Path) -> None:
    assert names(tree, "*.conf") == ["a.conf", "b.conf"]
    assert names(tree, ".h*") == [".hidden.conf"]
    assert names(tree, "[b-z].conf") == ["b.conf"]


def test_a_pattern_among_directories(tree: Path) -> None:
    assert names(tree, "*/?.conf", optional=True) == ["other/x.conf", "sub/z.conf"]


def test_a_directory_with_everything_below_it(tree: Path) -> None:
    assert names(tree, "sub") == ["sub/deep/y.conf", "sub/z.conf"]
    assert names(tree, "su*") == ["sub/deep/y.conf", "sub/z.conf"]


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("no.conf", "Could not open configuration file {}/no.conf: No such file or directory"),
        ("*.none", "Include/IncludeOptional: No matches for the wildcard '*.none' in '{}', failing"),
        ("no/*.conf", "Include/IncludeOptional: Could not open directory {}/no: No such file or directory"),
    ],
)
def test_what_is_not_there(tree: Path, pattern: str, says: str) -> None:
    assert names(tree, pattern, optional=True) == []
    with pytest.raises(Wrong) as caught:
        included_files(pattern, str(tree), optional=False)
    assert caught.value.says == says.format(tree)
