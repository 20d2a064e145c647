"""Which file below DocumentRoot does a path name?

Only what lies there, by whatever links, may come out: a path with dot segments or NUL left in it is refused, and so is
a link that leads out of DocumentRoot. The file is not opened here, and whether it exists is for who opens it.
"""

from __future__ import annotations

import os


def file_path(document_root: bytes, path: bytes) -> bytes | None:
    """The absolute path of the file that `path` (decoded, from its slash on) names; None for one that must not be given
    out."""
    if b"\0" in path or not path.startswith(b"/"):
        return None
    if b"/." in path:
        for segment in path.split(b"/"):
            if segment == b".." or segment == b".":
                return None
    while b"//" in path:
        path = path.replace(b"//", b"/")
    root = document_root.rstrip(b"/")
    joined = root + path
    try:
        real_root = os.path.realpath(document_root)
        real = os.path.realpath(joined)
    except (OSError, ValueError):
        return None
    if real != real_root and not real.startswith(real_root.rstrip(b"/") + b"/"):
        return None
    return joined
