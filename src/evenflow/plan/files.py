"""Which file does a path name, and may it be followed there?

A file's name is DocumentRoot, or an Alias, and the path behind it; the path has no dot segments any more. Links are
followed as `Options` say of the directory that they lie in (httpd's `ap_directory_walk`). No file is opened here.
"""

from __future__ import annotations

import os
import stat
from typing import Final

from evenflow.plan import locations
from evenflow.plan.decision import Inquiry
from evenflow.plan.model import VirtualHost

# Options that change what we do.
FOLLOW: Final = 1
"""FollowSymLinks"""
OWNER: Final = 2
"""SymLinksIfOwnerMatch"""
INCLUDES: Final = 4
DEFAULT_OPTIONS: Final = FOLLOW

# FileETag.
INODE: Final = 1
MTIME: Final = 2
SIZE: Final = 4
DEFAULT_ETAG: Final = MTIME | SIZE


def fold(default: int, said: tuple[object, ...]) -> int:
    """What `Options` or `FileETag` lines, merged in order, leave of the default."""
    found = default
    for one in said:
        assert isinstance(one, tuple)
        whole, added, removed = one
        if whole >= 0:
            found = whole
        found = (found & ~removed) | added
    return found


def safe(name: bytes) -> bool:
    """Whether the name may be handed to the machine: absolute, without NUL and dot segments."""
    if b"\0" in name or not name.startswith(b"/"):
        return False
    return not (b"/." in name and not {b".", b".."}.isdisjoint(name.split(b"/")))


def may_follow(inquiry: Inquiry) -> bool:
    """Whether every link on the way to the inquiry's file may be followed."""
    if not inquiry.host.checks_links:
        return True
    name = inquiry.filename.rstrip(b"/")
    pos = 1
    while pos:
        end = name.find(b"/", pos)
        part = name if end < 0 else name[:end]
        pos = end + 1
        try:
            facts = os.lstat(part)
        except (OSError, ValueError):
            return True
        if not stat.S_ISLNK(facts.st_mode):
            continue
        options = options_at(inquiry.host, part[: part.rfind(b"/") + 1])
        if options & FOLLOW:
            continue
        if not options & OWNER:
            return False
        try:
            if os.stat(part).st_uid != facts.st_uid:
                return False
        except OSError:
            return True
    return True


def options_at(host: VirtualHost, directory: bytes) -> int:
    """The Options of a directory (with its slash)."""
    met = locations.meet(host.directories, directory) if host.directories else 0
    return fold(DEFAULT_OPTIONS, locations.scope_of(host, met, True, 0).options)


def named_within(host: VirtualHost, name: bytes) -> bool:
    """Whether a `<Files>` section is for any segment of this name: then it matters where the file's name ends."""
    for section in host.directories:
        assert isinstance(section, locations.Section)
        if section.of_name:
            for segment in name.split(b"/"):
                if segment and section.pattern is not None and section.pattern.search(segment) is not None:
                    return True
    return False
