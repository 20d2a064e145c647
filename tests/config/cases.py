"""Cases that a user could have written, as Markdown, and what each of their lines is expected to say.

A case is a heading and a block of configuration. `# error: [code] "text"` and `# warning: [code] "text"` speak of the
next line that is not such a comment: a diagnostic of this code points there, and its headline holds the text. What is
not announced must not be said.

Behind the text may stand `(httpd accepts)`: the refusal is ours alone. A heading that ends in `(not for httpd)` needs
files that a test machine does not have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from evenflow.config.load import Loaded, load
from evenflow.config.render import render
from evenflow.config.source import make_source

EXPECTED: Final = re.compile(r'^\s*# (error|warning): \[([a-z-]+)\](?: "(.*)")?( \(httpd accepts\))?$')
HERE: Final = Path(__file__).parent
NAME: Final = "case.conf"


@dataclass(frozen=True)
class Expected:
    """One announced diagnostic."""

    line: int
    severity: str
    code: str
    text: str
    httpd_accepts: bool


@dataclass(frozen=True)
class Case:
    """One block of configuration with what it announces."""

    title: str
    text: str
    expected: tuple[Expected, ...]
    place: str

    @property
    def for_httpd(self) -> bool:
        return not self.title.endswith("(not for httpd)")

    @property
    def httpd_refuses(self) -> bool:
        """Whether httpd is expected to refuse it: there is an error that is not ours alone."""
        return any(one.severity == "error" and not one.httpd_accepts for one in self.expected)


def read_cases(path: Path) -> list[Case]:
    """The cases of one file, in order."""
    cases: list[Case] = []
    title = ""
    lines = path.read_text().splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.startswith("## "):
            title = line[3:]
        elif line == "```apache":
            start = number
            while lines[number] != "```":
                number += 1
            cases.append(make_case(title, lines[start:number], f"{path.name}:{start}"))
            number += 1
    return cases


def make_case(title: str, lines: list[str], place: str) -> Case:
    expected: list[Expected] = []
    for number, line in enumerate(lines):
        match = EXPECTED.match(line)
        if match is None:
            assert not re.match(r"\s*# (error|warning):", line), f"{place}: cannot read {line!r}"
            continue
        spoken_of = next(later for later in range(number + 1, len(lines)) if not EXPECTED.match(lines[later]))
        expected.append(Expected(spoken_of + 1, match[1], match[2], match[3] or "", bool(match[4])))
    return Case(title, "\n".join(lines) + "\n", tuple(expected), place)


def load_text(text: str, **more: str) -> Loaded:
    """Load a configuration that is in no file, with `more` as environment."""
    return load(NAME, environment=more, server_root="/", read=lambda path: make_source(path, text))


def check_case(case: Case) -> None:
    """Everything announced is said, and nothing else."""
    loaded = load_text(case.text)
    said = sorted((one.span.line if one.span else 0, one.severity, one.code) for one in loaded.diagnostics)
    wanted = sorted((one.line, one.severity, one.code) for one in case.expected)
    assert said == wanted, f"{case.place}\n{render(loaded.diagnostics, loaded.sources)}"
    for one in case.expected:
        headlines = [
            found.headline
            for found in loaded.diagnostics
            if found.code == one.code and found.span and found.span.line == one.line
        ]
        assert any(one.text in headline for headline in headlines), f"{case.place}: {one.text!r} is not in {headlines}"
    assert (loaded.settings is None) == any(one.severity == "error" for one in case.expected)


def cases_of(test_file: str) -> pytest.MarkDecorator:
    """Parametrize a test by the cases of the Markdown file beside it: test_proxy.py has proxy.md."""
    path = Path(test_file)
    cases = read_cases(path.with_name(path.stem.removeprefix("test_") + ".md"))
    assert cases
    return pytest.mark.parametrize("case", cases, ids=lambda case: f"{case.title} ({case.place})")


def all_cases() -> list[Case]:
    """Every case of this room."""
    return [case for path in sorted(HERE.rglob("*.md")) for case in read_cases(path)]
