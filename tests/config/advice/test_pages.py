"""docs/checks: each page's first example is told what the page says, its second is not; and every code has a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evenflow.config.checks.manager import OPEN
from tests.config.advice.told import check_advice
from tests.config.cases import Case, read_cases
from tests.peers import CHECKOUT
from tests.tools.test_certificates import make_files

PAGES = CHECKOUT / "docs" / "checks"
CODE = re.compile(r'warning\(\s*"([a-z-]+)"')
ROOMS = ("checks", "advice", "silence.py")


def cases() -> list[Case]:
    return [case for page in sorted(PAGES.glob("*.md")) if page.name != "README.md" for case in read_cases(page)]


def codes() -> set[str]:
    room = CHECKOUT / "src" / "evenflow" / "config"
    files = [file for name in ROOMS for file in ([room / name] if name.endswith(".py") else (room / name).glob("*.py"))]
    files += [room.parent / "tools" / name for name in ("certificates.py", "enclosed.py")]
    found = {code for file in files for code in CODE.findall(file.read_text())}
    return found | {code for code, _, _ in OPEN.values()}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with the certificates that pages speak of."""
    folder = tmp_path_factory.mktemp("certificates")
    make_files(folder)
    return str(folder)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.place} {case.title}")
def test_example(case: Case, certificates: str) -> None:
    check_advice(case, certificates)
    assert (case.title == "Told") == bool(case.expected)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}
    assert codes() == pages


@pytest.mark.parametrize("page", sorted(PAGES.glob("[a-z]*.md")), ids=lambda page: page.stem)
def test_a_page_is_about_its_code(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.stem}\n")
    titles = [case.title for case in read_cases(page)]
    assert titles == ["Told", "Not told"]
    assert {one.code for case in read_cases(page) for one in case.expected} == {page.stem}
    assert f"[{page.stem}]({page.stem}.md)" in (PAGES / "README.md").read_text()
