"""Where a setting came from: the file, the line and the text of one statement.

Everything that is decided carries an origin, so that explain, the manager and the error log can all
answer "says who?". This file knows nothing of what the statement means.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """One statement's place. `line` counts from 1 and is the last physical line of a continued statement, as httpd
    reports it.
    """

    file: str
    line: int
    text: str
    """The statement as written, leading blanks removed, continuation lines joined."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


NOWHERE = Origin("", 0, "")
"""The origin of what nobody wrote: built-in defaults."""
