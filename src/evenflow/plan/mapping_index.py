"""Which of many mappings are worth looking at for this path?

A mapping with a plain prefix can only cover paths that have this prefix up to a slash or to their end, so such mappings
are kept by their prefix, and a path asks for each of its beginnings. Everything else (patterns, encoded prefixes,
prefixes made of variables) is looked at each time. What is passed over is exactly what would not have covered the path;
the order of the file stays.
"""

from __future__ import annotations

from typing import Any, Final

FEWEST: Final = 16
"""Mappings in a list that is worth an index."""


class MappingIndex:
    """The places of a virtual host's mappings."""

    __slots__ = ("mappings", "always", "at")

    def __init__(self, mappings: tuple[Any, ...]) -> None:
        self.mappings = mappings
        self.always: list[int] = []
        """The places of those that are looked at for every path."""
        self.at: dict[bytes, list[int]] = {}
        """The places of the others, by the prefix without the slash at its end."""
        for place, mapping in enumerate(mappings):
            if mapping.ordinary and mapping.prefix.startswith(b"/"):
                self.at.setdefault(mapping.prefix.rstrip(b"/"), []).append(place)
            else:
                self.always.append(place)

    def worth(self, path: bytes) -> list[Any]:
        """The mappings that may cover the path, in the order of the file."""
        # A prefix has its runs of slashes merged, and in a path several count as one.
        while b"//" in path:
            path = path.replace(b"//", b"/")
        at = self.at
        found = self.always + at.get(path, [])
        cut = path.find(b"/")
        while cut >= 0:
            more = at.get(path[:cut])
            if more is not None:
                found += more
            cut = path.find(b"/", cut + 1)
        return [self.mappings[place] for place in sorted(found)]


def index_of(mappings: tuple[Any, ...]) -> MappingIndex | None:
    """The index of a list; None for a short one."""
    return MappingIndex(mappings) if len(mappings) >= FEWEST else None
