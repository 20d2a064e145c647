"""Cells as tests write them: a compiled slot shows its views to nobody."""

from __future__ import annotations

from evenflow.slotmem.layout import OWN_CELLS
from evenflow.slotmem.scoreboard import Scoreboard


def own_cells(board: Scoreboard, member: int, child: int) -> memoryview[int]:
    """What a child alone counts of a member."""
    at = board.layout.own(child, member)
    return board.region.ints[at : at + OWN_CELLS]
