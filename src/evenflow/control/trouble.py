"""Why a generation cannot start although its configuration is well written: a taken port, an unreadable key, an unknown
user.

Told in the manner of a diagnostic, with the statement that asks for it and what to type.
"""

from __future__ import annotations

from evenflow.origin import Origin


class Trouble(Exception):
    """One hindrance. `code` is a name that stays the same; `headline` has literals in backticks and no full stop."""

    def __init__(self, code: str, headline: str, origin: Origin, help: str = "") -> None:
        super().__init__(headline)
        self.code = code
        self.headline = headline
        self.origin = origin
        self.help = help

    def render(self) -> str:
        """The lines for standard error, each ended."""
        lines = [f"error[{self.code}]: {self.headline}"]
        if self.origin.file:
            number = str(self.origin.line)
            margin = " " * len(number)
            lines.append(f"{margin}--> {self.origin}")
            lines += [f"{margin} |", f"{number} | {self.origin.text}", f"{margin} |"] if self.origin.text else []
        if self.help:
            lines.append(f"help: {self.help}")
        return "\n".join(lines) + "\n"
