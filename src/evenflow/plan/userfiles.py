"""Password and group files, as htpasswd writes them: read again whenever they change.

The file is looked at (stat) for every request and read only where it is another one than before, as the child's user.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

MOST_FILES: Final = 64

Mark = tuple[int, int, int, int]
Parsed = dict[bytes, "bytes | frozenset[bytes]"]


class UserFile:
    """One file as it was last read."""

    __slots__ = ("mark", "entries")

    def __init__(self, mark: Mark, entries: Parsed) -> None:
        self.mark = mark
        self.entries = entries


known: dict[tuple[bytes, Callable[[bytes], Parsed]], UserFile] = {}
"""By path, and how it is read."""


def below(root: str, path: bytes) -> bytes:
    """A path of the configuration, from ServerRoot on if it is relative."""
    return path if path.startswith(b"/") else os.path.join(os.fsencode(root), path)


def password_hash(path: bytes, user: bytes) -> bytes | None:
    """The user's hash, None for an unknown user. Raises OSError where the file cannot be read."""
    found = entries(path, parse_passwords).get(user)
    return found if isinstance(found, bytes) else None


def digest(path: bytes, user: bytes, realm: bytes) -> bytes | None:
    """The user's digest in this realm, None for an unknown user. Raises OSError where the file cannot be read."""
    found = entries(path, parse_digests).get(user + b":" + realm)
    return found if isinstance(found, bytes) else None


def groups_of(path: bytes, user: bytes) -> frozenset[bytes]:
    """The groups that the user is in. Raises OSError where the file cannot be read."""
    found = entries(path, parse_groups).get(user)
    return found if isinstance(found, frozenset) else frozenset()


def entries(path: bytes, parse: Callable[[bytes], Parsed]) -> Parsed:
    """What the file says now."""
    seen = os.stat(path)
    mark = (seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino)
    key = (path, parse)
    found = known.get(key)
    if found is not None and found.mark == mark:
        return found.entries
    with open(path, "rb") as file:
        parsed = parse(file.read())
    if len(known) >= MOST_FILES:
        known.clear()
    known[key] = UserFile(mark, parsed)
    return parsed


def lines_of(data: bytes) -> list[bytes]:
    """The lines as httpd reads them: one CR before the LF is dropped, a backslash before it goes on (of all that was
    joined so far), then blanks at the ends; comments are left out."""
    found = []
    line = b""
    pieces = data.split(b"\n")
    last = len(pieces) - 1
    for at in range(len(pieces)):
        line += pieces[at]
        if at < last:
            line = line.removesuffix(b"\r")
            if line.endswith(b"\\"):
                line = line[:-1]
                continue
        line = line.strip(b" \t\r\v\f")
        if line and not line.startswith(b"#"):
            found.append(line)
        line = b""
    return found


def parse_passwords(data: bytes) -> Parsed:
    """`user:hash[:...]`; of two lines for one user the first counts."""
    found: Parsed = {}
    for line in lines_of(data):
        parts = line.split(b":")
        if len(parts) > 1:
            found.setdefault(parts[0], parts[1])
    return found


def parse_digests(data: bytes) -> Parsed:
    """`user:realm:digest`; the answer is by user and realm."""
    found: Parsed = {}
    for line in lines_of(data):
        parts = line.split(b":")
        if len(parts) > 2:
            found.setdefault(parts[0] + b":" + parts[1], parts[2])
    return found


def parse_groups(data: bytes) -> Parsed:
    """`group: user user ...`; the answer is by user."""
    sets: dict[bytes, set[bytes]] = {}
    for line in lines_of(data):
        name, colon, users = line.partition(b":")
        if colon:
            for user in users.split():
                sets.setdefault(user, set()).add(name)
    return {user: frozenset(names) for user, names in sets.items()}
