"""Which files an Include names: one file, a directory with everything below it, or a pattern.

Relative names are below ServerRoot; directory entries and matches come in alphabetical order, as in httpd. It looks at
the file system and reads no configuration.
"""

from __future__ import annotations

import fnmatch
import os

from evenflow.config.diagnostics import Wrong

WILDCARDS = "*?["


def included_files(pattern: str, server_root: str, *, optional: bool) -> list[str]:
    """The files that `Include pattern` reads, in order; an empty list only where `optional`.

    Raises Wrong where httpd refuses.
    """
    path = os.path.join(server_root, pattern)
    if not any(mark in pattern for mark in WILDCARDS):
        if os.path.isdir(path):
            return sorted_tree(path)
        if os.path.exists(path):
            return [path]
        if optional:
            return []
        raise Wrong(
            "include-not-found",
            f"`{path}` does not exist",
            says=f"Could not open configuration file {path}: No such file or directory",
            help="correct the name, or write `IncludeOptional` if it may be missing",
        )
    return _matches(path, optional=optional)


def sorted_tree(directory: str) -> list[str]:
    """Every file below a directory, entries in alphabetical order."""
    files: list[str] = []
    for name in _entries(directory):
        path = os.path.join(directory, name)
        if os.path.isdir(path):
            files.extend(sorted_tree(path))
        else:
            files.append(path)
    return files


def _matches(path: str, *, optional: bool) -> list[str]:
    parts = path.split(os.sep)
    first = next(place for place, part in enumerate(parts) if any(mark in part for mark in WILDCARDS))
    found: list[str] = []
    _walk(
        os.sep.join(parts[:first]) or (os.sep if path.startswith(os.sep) else "."),
        parts[first:],
        found,
        optional=optional,
    )
    return found


def _walk(directory: str, parts: list[str], found: list[str], *, optional: bool) -> None:
    """Match the first of `parts` in `directory`, then the rest below each match."""
    part, rest = parts[0], parts[1:]
    if not os.path.isdir(directory):
        if optional:
            return
        raise Wrong(
            "include-not-found",
            f"the directory `{directory}` does not exist",
            says=f"Include/IncludeOptional: Could not open directory {directory}: No such file or directory",
            help="correct the name, or write `IncludeOptional` if it may be missing",
        )
    names = [
        name
        for name in _entries(directory)
        if fnmatch.fnmatchcase(name, part) and not (name.startswith(".") and part[0] != ".")
    ]
    if not names and not optional:
        raise Wrong(
            "include-not-found",
            f"nothing in `{directory}` matches `{part}`",
            says=f"Include/IncludeOptional: No matches for the wildcard '{part}' in '{directory}', failing",
            help="write `IncludeOptional` if there may be no match",
        )
    for name in names:
        path = os.path.join(directory, name)
        if rest:
            if os.path.isdir(path):
                _walk(path, rest, found, optional=optional)
        elif os.path.isdir(path):
            found.extend(sorted_tree(path))
        else:
            found.append(path)


def _entries(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError as fault:
        raise Wrong("include-not-found", f"`{directory}` cannot be read: {fault.strerror}") from fault
