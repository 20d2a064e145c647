"""The pages of docs/guide, taken apart: configurations, shell sessions, commands.

A block ```apache is a configuration, whole by itself. What `evenflow check` says of it is announced as in docs/checks
(`# warning: [code] "text"`); a block with a file's name behind the language is that file for the sessions of its page.
A block ```console is a session: a command behind `$ `, and what it prints until the next; `...` stands for anything.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.config.cases import Case, make_case
from tests.peers import CHECKOUT

GUIDE: Final = CHECKOUT / "docs" / "guide"
PAGES: Final = sorted(GUIDE.glob("*.md"))


@dataclass(frozen=True)
class Block:
    """`language` and `name` are the words behind the fence."""

    page: str
    line: int
    language: str
    name: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def case(self) -> Case:
        return make_case(self.name or "a block", list(self.lines), f"{self.page}:{self.line}")


@dataclass(frozen=True)
class Step:
    """A command, and the lines that it prints."""

    place: str
    command: str
    prints: tuple[str, ...]


def blocks_of(path: Path) -> list[Block]:
    blocks = []
    lines = path.read_text().splitlines()
    number = 0
    while number < len(lines):
        opened = re.match(r"```(\w+) ?(.*)$", lines[number])
        number += 1
        if opened is not None:
            end = lines.index("```", number)
            blocks.append(Block(path.name, number, opened[1], opened[2], tuple(lines[number:end])))
            number = end + 1
    return blocks


def steps_of(path: Path) -> list[Step]:
    """Every command of a page's sessions, in order."""
    steps: list[Step] = []
    for block in blocks_of(path):
        if block.language != "console":
            continue
        for number, line in enumerate(block.lines):
            if line.startswith("$ "):
                steps.append(Step(f"{path.name}:{block.line + number + 1}", line[2:], ()))
            elif steps[-1].command.endswith("\\"):
                steps[-1] = Step(steps[-1].place, f"{steps[-1].command[:-1]}{line.lstrip()}", ())
            else:
                steps[-1] = Step(steps[-1].place, steps[-1].command, (*steps[-1].prints, line))
    return steps


def is_as_shown(printed: str, shown: tuple[str, ...]) -> bool:
    """`...` as a line stands for any lines, within one for any text."""
    pattern = ""
    for line in shown:
        pattern += r"(?:.*\n)*?" if line == "..." else re.escape(line.rstrip()).replace(r"\.\.\.", ".*") + r"[ \r]*\n"
    return re.fullmatch(pattern, printed if printed.endswith("\n") or not printed else f"{printed}\n") is not None


def commands_of(path: Path) -> list[list[str]]:
    """Every `evenflow ...` that a page shows as a line of its own, in words without the first."""
    found = []
    joined = path.read_text().replace("\\\n", " ")
    for line in joined.splitlines():
        shown = re.match(r"(?:    |\$ |    \$ )(evenflow .*)$", line)
        if shown is not None:
            for part in re.split(r"&&|[|&;>]|   ", shown[1]):
                words = shlex.split(part)
                if words[:1] == ["evenflow"]:
                    found.append(words[1:])
    return found
