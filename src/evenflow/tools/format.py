"""`evenflow format`: lay files out, say which are not, or show what would change.

What would change the meaning of a file is never written: each text is compared with what it was made from first.
"""

from __future__ import annotations

import difflib
import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from evenflow.config.layout import keeps_meaning, laid_out
from evenflow.config.source import make_source

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file before and after, with its own line ends."""

    path: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


class CannotFormat(Exception):
    """A file that cannot be read or written, or that would come to mean something else; the text is for people."""


def formatted(path: str) -> Formatted:
    """The file at `path`, `-` for standard input. Raises CannotFormat."""
    try:
        raw = sys.stdin.buffer.read() if path == STDIN else read(path)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise CannotFormat(f"`{path}` cannot be read: {reason}") from fault
    if b"\0" in raw:
        raise CannotFormat(f"`{path}` is no text: there is a zero byte in line {raw[: raw.index(0)].count(10) + 1}")
    text = raw.decode("utf-8", "surrogateescape")
    source = make_source(path, text)
    after = laid_out(source)
    if not keeps_meaning(source, after):
        raise CannotFormat(f"`{path}` would not mean the same afterwards, so it stays as it is: please tell us")
    if text.partition("\n")[0].endswith("\r"):
        after = after.replace("\n", "\r\n")
    return Formatted(path, text, after)


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def write(made: Formatted) -> None:
    """Put the text into the file, at once or not at all; a link stays a link. Raises CannotFormat."""
    target = os.path.realpath(made.path)
    try:
        before = os.stat(target)
        handle, temporary = tempfile.mkstemp(prefix=".evenflow-", dir=os.path.dirname(target))
        try:
            with open(handle, "wb") as file:
                file.write(made.after.encode("utf-8", "surrogateescape"))
            os.chmod(temporary, before.st_mode & 0o7777)
            if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(temporary, before.st_uid, before.st_gid)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as fault:
        raise CannotFormat(f"`{made.path}` cannot be written: {fault.strerror}") from fault


def difference(made: Formatted) -> str:
    """What would change, as `diff -u` says it."""
    lines = difflib.unified_diff(
        made.before.splitlines(keepends=True),
        made.after.splitlines(keepends=True),
        made.path,
        f"{made.path} (formatted)",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def run(paths: Iterable[str], act: str, say: TextIO, complain: TextIO) -> int:
    """Do it to every file: `act` is "print", "write", "check" or "diff". The exit status: 1 where a file could not be
    done, or would change under "check" and "diff"."""
    status = 0
    for path in paths:
        try:
            made = formatted(path)
            if act == "write" and made.changed and path != STDIN:
                write(made)
        except CannotFormat as fault:
            complain.write(f"error: {fault}\n")
            status = 1
            continue
        if act == "print" or (act == "write" and path == STDIN):
            put(say, made.after)
        elif made.changed and act == "write":
            complain.write(f"{path}: formatted\n")
        elif made.changed:
            status = 1
            if act == "diff":
                put(say, difference(made))
            else:
                complain.write(f"{path}: would be formatted; type `evenflow format --write {path}`\n")
    return status


def put(stream: TextIO, text: str) -> None:
    """Print the bytes that the file has, whatever the terminal's encoding is."""
    raw = getattr(stream, "buffer", None)
    if raw is None:
        stream.write(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
        return
    stream.flush()
    raw.write(text.encode("utf-8", "surrogateescape"))
    raw.flush()
