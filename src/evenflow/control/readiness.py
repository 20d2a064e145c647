"""What is said when everybody serves: who we are, where, with how many children, and whether from C."""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES

import evenflow
from evenflow.control import listening
from evenflow.control.generation import Generation, Run


def ready_line(generation: Generation) -> str:
    """`evenflow 0.1.0 serving on 0.0.0.0:8080 with 2 children (compiled)`."""
    count = len(generation.shares)
    places = ", ".join(listening.names(generation.shares[0])) if generation.shares else "nothing"
    children = "1 child" if count == 1 else f"{count} children"
    return f"evenflow {evenflow.__version__} serving on {places} with {children} ({how_it_runs(generation.run)})"


def how_it_runs(run: Run) -> str:
    """`compiled` if the hot rooms run from C, `interpreted` if from their sources; told by the file that `run` comes
    from.
    """
    file = getattr(sys.modules.get(run.__module__), "__file__", None) or ""
    return "compiled" if file.endswith(tuple(EXTENSION_SUFFIXES)) else "interpreted"
