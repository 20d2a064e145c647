"""What a configuration says well and means badly: one file per topic, one function per check.

A check looks at the settings or at the tree and yields warnings. It changes nothing and looks nothing up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from evenflow.config.diagnostics import Diagnostic

if TYPE_CHECKING:
    from evenflow.config.load import Loaded


def run_checks(loaded: Loaded) -> Iterator[Diagnostic]:
    """Every check's warnings."""
    yield from ()
