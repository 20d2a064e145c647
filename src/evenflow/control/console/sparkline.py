"""A small chart as the path of an SVG: as wide and high as the page's `viewBox` says, the newest point at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evenflow.control.console.rings import POINTS

WIDTH: Final = 118
"""Two for each step from one point to the next."""
HEIGHT: Final = 24
LEAST: Final = (1.0, 0.01, 0.2)
"""Of each kind of `rings.KINDS`: what fills the height at least, so that next to nothing looks like it."""

FAILURES: Final = 2
"""The kind that is drawn only where there are any."""


def path(series: Sequence[float], kind: int) -> str:
    """`M0 24L2 20...`; a number below zero is a gap. "" for nothing to show."""
    most = max([*series, LEAST[kind]])
    if kind == FAILURES and not any(series):
        return ""
    parts = []
    pen = "M"
    for place, number in enumerate(series):
        if number < 0:
            pen = "M"
            continue
        x = (POINTS - len(series) + place) * 2
        y = HEIGHT - 1 - number / most * (HEIGHT - 2)
        parts.append(f"{pen}{x} {y:.1f}")
        pen = "L"
    # A point with gaps at both sides would not be seen.
    return "".join(parts) + ("h1" if parts and parts[-1].startswith("M") else "")


def points(series: Sequence[float]) -> str:
    """The numbers, for the script that goes on drawing."""
    return " ".join(f"{number:.4g}" for number in series)


