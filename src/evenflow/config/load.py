"""From a file's name to settings, or to everything that is wrong with it.

The one entrance of this room: parse the tree, write the settings statement by statement, run the checks. A bad file is
never an exception; each problem is a `Diagnostic`, and all of them come in one run. Nothing is looked up or opened but
configuration files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from evenflow.config.checks import run_checks
from evenflow.config.contexts import SERVER
from evenflow.config.diagnostics import ERROR, Diagnostic
from evenflow.config.envvars import shell_of
from evenflow.config.garbage import kept
from evenflow.config.loaded import Loaded
from evenflow.config.parser import parse
from evenflow.config.scope import Draft
from evenflow.config.settings import Settings
from evenflow.config.source import Source, read_source
from evenflow.config.writer import Writer
from evenflow.origin import NOWHERE

__all__ = ["Loaded", "load"]


@kept()
def load(
    path: str,
    defines: Mapping[str, str] = {},
    *,
    environment: Mapping[str, str] | None = None,
    server_root: str | None = None,
    read: Callable[[str], Source] = read_source,
) -> Loaded:
    """Read a configuration file with all that it includes.

    `defines` are the names of `-D`, with "" for one without a value; `environment` is the process's own unless given,
    and behind it stands what `apachectl` would have read from Debian's `envvars`.
    `server_root` is where relative paths start until the file says ServerRoot: the file's directory unless given.
    Never raises for what stands in a file.
    """
    root = server_root if server_root is not None else os.path.dirname(path)
    shell = shell_of(path, os.environ if environment is None else environment, read)
    tree = parse(path, defines, shell, root, read)
    envvars = shell.path if shell.used else ""
    writer = Writer(tree.names)
    main = Draft("server", "prefix", "", NOWHERE, SERVER, "", None, [])
    if not tree.too_deep:
        writer.nodes(tree.nodes, main)
    writer.finish(main)
    diagnostics = [*tree.diagnostics, *writer.diagnostics, *main.reports]
    settings = None
    if not any(diagnostic.severity == ERROR for diagnostic in diagnostics):
        absolute = os.path.abspath(tree.server_root or ".")
        main.put("core", "server_root", absolute)
        says = any("UNIQUE_ID" in line for source in tree.sources.values() for line in source.lines)
        settings = Settings(main.finish(), absolute, tree.names.modules, says, tuple(tree.sources))
    loaded = Loaded(path, settings, tuple(in_file_order(diagnostics, tree.sources)), tree.sources, tree, envvars)
    if settings is None:
        return loaded
    found = [*diagnostics, *run_checks(loaded)]
    return Loaded(path, settings, tuple(in_file_order(found, tree.sources)), tree.sources, tree, envvars)


def in_file_order(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> list[Diagnostic]:
    """By file (in the order they were read), line and column; what has no place comes first."""
    files = {path: place for place, path in enumerate(sources)}

    def key(diagnostic: Diagnostic) -> tuple[int, int, int]:
        span = diagnostic.span
        return (-1, 0, 0) if span is None else (files.get(span.file, len(files)), span.line, span.column)

    return sorted(diagnostics, key=key)
