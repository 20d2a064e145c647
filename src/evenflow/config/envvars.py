"""The shell file that `apachectl` reads before it starts httpd: `envvars`, beside Debian's apache2.conf.

Debian's configuration says `${APACHE_LOG_DIR}` and the like, which only this file defines. It is read and never run:
assignments, `export` and the expansions that such files use are understood, anything else is passed over. What the
environment says already wins.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from evenflow.config.source import Source

TOP_FILE: Final = "apache2.conf"
"""The name of the file that an `envvars` stands beside in Debian's layout."""

ASSIGNMENT: Final = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")
BEGINS: Final = ("if", "case", "for", "while", "until", "{", "(")
ENDS: Final = ("fi", "esac", "done", "}", ")")
EXPANSION: Final = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\})")


@dataclass(slots=True)
class Shell:
    """The environment of the process, and behind it what `path` defines; `used` once a name was only found there."""

    path: str
    environment: Mapping[str, str]
    values: Mapping[str, str]
    used: bool = field(default=False)

    def get(self, name: str) -> str | None:
        found = self.environment.get(name)
        if found is None:
            found = self.values.get(name)
            self.used = self.used or found is not None
        return found


def shell_of(top: str, environment: Mapping[str, str], read: Callable[[str], Source]) -> Shell:
    """What `${NAME}` may ask for beyond `Define`, when `top` is the file that is loaded.

    The file is the one that APACHE_ENVVARS names, or `envvars` beside an `apache2.conf`; where there is none only the
    environment counts.
    """
    path = environment.get("APACHE_ENVVARS", "")
    if not path and os.path.basename(top) == TOP_FILE:
        path = os.path.join(os.path.dirname(top), "envvars")
    if not path:
        return Shell("", environment, {})
    try:
        source = read(path)
    except (OSError, ValueError):
        return Shell("", environment, {})
    return Shell(path, environment, assignments(source, os.path.dirname(os.path.abspath(top))))


def assignments(source: Source, folder: str) -> dict[str, str]:
    """The values that the file gives to names. `folder` is the configuration's, for Debian's several instances."""
    # Debian's own file computes this one: `/etc/apache2-wiki` has its own directories, ending in `-wiki`
    suffix = os.path.basename(folder).removeprefix("apache2")
    values = {"APACHE_CONFDIR": folder, "SUFFIX": suffix if suffix.startswith("-") else ""}
    depth = 0
    for line in source.lines:
        text = line.strip()
        first = re.split(r"[\s;]", text, maxsplit=1)[0]
        if first in BEGINS:
            depth += 1
        last = text.rstrip(";").split(";")[-1].strip()
        if first in ENDS or (first in BEGINS and last in ENDS):
            depth = max(depth - 1, 0)
            continue
        found = ASSIGNMENT.fullmatch(text)
        if depth or found is None:
            continue
        value = _value(found[2], values)
        if value is not None:
            values[found[1]] = value
    return values


def _value(text: str, values: Mapping[str, str]) -> str | None:
    """The word behind `=`, quotes removed and names replaced; None for what only a shell could say."""
    if text.startswith("'"):
        end = text.find("'", 1)
        return None if end < 0 else text[1:end]
    if text.startswith('"'):
        end = text.find('"', 1)
        if end < 0:
            return None
        text = text[1:end]
    else:
        text = re.split(r"[\s;#&|]", text, maxsplit=1)[0]
    made = EXPANSION.sub(lambda match: values.get(match[1] or match[2]) or match[3] or "", text)
    return None if any(mark in made for mark in "`$\\\"'") else made
