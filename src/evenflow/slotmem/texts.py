"""Texts in shared cells: routes, the names of sticky cookies, and URLs of members.

Whoever changes one raises the balancer's CHANGES afterwards; readers keep a copy until they see that.
"""

from __future__ import annotations

from evenflow.slotmem.layout import TEXT_CELLS
from evenflow.slotmem.region import CELL, Region


def read_text(region: Region, cell: int, cells: int = TEXT_CELLS) -> bytes:
    """The text that begins in `cell`, in so many."""
    begin = cell * CELL
    return bytes(region.bytes[begin : begin + cells * CELL]).partition(b"\0")[0]


def write_text(region: Region, cell: int, text: bytes, cells: int = TEXT_CELLS) -> None:
    """Put `text` where it begins in `cell`, cut to what fits before a last zero byte, and before its first."""
    begin = cell * CELL
    kept = text.partition(b"\0")[0][: cells * CELL - 1]
    region.bytes[begin : begin + cells * CELL] = kept.ljust(cells * CELL, b"\0")
