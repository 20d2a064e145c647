"""What became of a configuration file: settings, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evenflow.config.diagnostics import ERROR, Diagnostic
from evenflow.config.parser import Tree
from evenflow.config.settings import Settings
from evenflow.config.source import Source


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a file.

    `settings` is None if there is an error among the `diagnostics`; `sources` are for rendering them. `envvars` is the
    file that gave values to names which the environment does not have, "" where none did.
    """

    path: str
    settings: Settings | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]
    tree: Tree
    envvars: str = ""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity == ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity != ERROR)
