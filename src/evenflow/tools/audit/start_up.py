"""The system properties that a node is started with, from the files that say them.

`setenv.sh` and `setenv.bat` are programs; of them only what is certain is read: a word `-Dname=value` in a line that
is not a comment. Values with `$` in them stay as written, and rules keep silent about them. `confluence.cfg.xml` says
some of the same as `<property name="...">`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from evenflow.config.source import Source
from evenflow.config.syntax import Span
from evenflow.tools.audit.server_xml import Unreadable

SWITCH: Final = re.compile(r"""(?<![\w-])-D([A-Za-z0-9_.-]+)=("[^"]*"|'[^']*'|[^\s"']*)""")
COMMENT: Final = re.compile(r"^\s*(#|::|@?rem\b)", re.IGNORECASE)
PREPENDS: Final = re.compile(r"^\s*(?:export\s+|set\s+)?\"?(\w+)=.*(?:\$\{?\1\b|%\1%)", re.IGNORECASE)
STORED: Final = re.compile(r"<property\s+name=\"([^\"]+)\"\s*>([^<]*)</property>")


@dataclass(frozen=True, slots=True)
class Property:
    """One system property; `span` covers the whole word."""

    name: str
    value: str
    span: Span

    @property
    def certain(self) -> bool:
        """Whether the value is known before the shell has read it."""
        return "$" not in self.value and "%" not in self.value


def read_start_up(source: Source) -> dict[str, Property]:
    """By name, the one that counts.

    A later line that puts itself before what was there (`X="-Da=b ${X}"`) loses to what stands behind it: of two equal
    switches the Java machine takes the last on its line.
    """
    found: dict[str, Property] = {}
    for number, line in enumerate(source.lines, 1):
        if COMMENT.match(line):
            continue
        prepends = _prepends(line)
        for match in SWITCH.finditer(line):
            value = match[2].strip("\"'")
            one = Property(match[1], value, Span(source.path, number, match.start() + 1, len(match[0])))
            if not prepends or match[1] not in found:
                found[match[1]] = one
    return found


def _prepends(line: str) -> bool:
    """Whether the line sets a variable to something, followed by what it was."""
    match = PREPENDS.match(line)
    if match is None:
        return False
    last = SWITCH.search(line)
    reference = max(line.rfind(f"${match[1]}"), line.rfind(f"${{{match[1]}"), line.rfind(f"%{match[1]}%"))
    return last is not None and last.start() < reference


def read_stored(source: Source) -> dict[str, Property]:
    """The properties of a confluence.cfg.xml. Raises Unreadable for a file that is none."""
    if not any("confluence-configuration" in line for line in source.lines):
        raise Unreadable("it has no `<confluence-configuration>`: that is no confluence.cfg.xml")
    found: dict[str, Property] = {}
    for number, line in enumerate(source.lines, 1):
        for match in STORED.finditer(line):
            span = Span(source.path, number, match.start() + 1, len(match[0]))
            found[match[1]] = Property(match[1], match[2].strip(), span)
    return found
