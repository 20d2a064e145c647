"""server-status: what the children do now, as a page or, with `?auto`, as lines for programs."""

from evenflow.control.status.handler import answer

__all__ = ["answer"]
