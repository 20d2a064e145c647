"""A configuration file as physical lines.

It opens files and cuts them into lines; it does not know what a line means. Bytes that are not UTF-8 survive as
surrogates, so that a file in any encoding can be read, and shown.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One file that was read. `path` is as users should see it; `lines` are without their line ends (LF or CRLF)."""

    path: str
    lines: tuple[str, ...]


def read_source(path: str) -> Source:
    """Read a file.

    Raises OSError, also for what is no file (a device could be endless); `/dev/null` is an empty one.
    """
    if path != os.devnull and os.path.exists(path) and not os.path.isfile(path):
        raise OSError(errno.EINVAL, "not a regular file", path)
    with open(path, "rb") as file:
        return make_source(path, file.read().decode("utf-8", "surrogateescape"))


def make_source(path: str, text: str) -> Source:
    """A source from text that is already in memory."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return Source(path, tuple(line[:-1] if line.endswith("\r") else line for line in lines))
