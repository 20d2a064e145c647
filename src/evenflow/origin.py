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
    used: Origin | None = None
    """For a line of a macro: the `Use` that brought it in."""
    reads: str | None = None
    """How the statement's patterns are read where a RegexDefaultOptions above it says so: letters of `i` (any case),
    `s` (a dot takes line ends) and `d` (`$` is the end, and not before a last line end); None as httpd does by
    itself."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return place if self.used is None else f"{place} (used at {self.used})"

    @property
    def way(self) -> tuple[Origin, ...]:
        """The uses that led here, the outermost first, and the statement itself: what comes first in a file has the
        smaller lines."""
        return (self,) if self.used is None else (*self.used.way, self)


NOWHERE = Origin("", 0, "")
"""The origin of what nobody wrote: built-in defaults."""
