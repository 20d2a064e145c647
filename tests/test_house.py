"""The house keeps its own rules: a test for every file, a docstring in every file, and the way it says it runs."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

import evenflow
from tests.peers import CHECKOUT

SOURCE: Final = CHECKOUT / "src" / "evenflow"
TESTS: Final = CHECKOUT / "tests"

# Names that hold nothing to test: a package's caption, and the two lines behind `python -m evenflow`.
UNTESTED: Final = ("__init__.py", "__main__.py")

FILES: Final = sorted(SOURCE.rglob("*.py"))


def below(path: Path) -> str:
    """A file's name as the house speaks of it, such as `plan/mapping.py`."""
    return str(path.relative_to(SOURCE))


def test_the_source_was_found() -> None:
    assert SOURCE / "__init__.py" in FILES


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in UNTESTED], ids=below)
def test_every_source_file_has_its_test_file(path: Path) -> None:
    expected = TESTS / path.relative_to(SOURCE).with_name(f"test_{path.name}")
    assert expected.is_file(), f"write {expected.relative_to(CHECKOUT)}"


@pytest.mark.parametrize("path", FILES, ids=below)
def test_every_file_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{below(path)} begins without a docstring"


def test_versions_agree() -> None:
    import tomllib

    with open(CHECKOUT / "pyproject.toml", "rb") as file:
        assert tomllib.load(file)["project"]["version"] == evenflow.__version__
