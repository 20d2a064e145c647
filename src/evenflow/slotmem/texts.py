"""Short texts in shared cells: routes and the names of sticky cookies.

Whoever changes one raises the balancer's CHANGES afterwards; readers keep a copy until they see that.
"""

from __future__ import annotations

from evenflow.slotmem.layout import TEXT_CELLS, TEXT_LIMIT
from evenflow.slotmem.region import CELL, Region


def read_text(region: Region, cell: int) -> bytes:
    """The text that begins in `cell`."""
    begin = cell * CELL
    return bytes(region.bytes[begin : begin + TEXT_CELLS * CELL]).partition(b"\0")[0]


def write_text(region: Region, cell: int, text: bytes) -> None:
    """Put `text` where it begins in `cell`, cut to TEXT_LIMIT bytes and before its first zero byte."""
    begin = cell * CELL
    kept = text.partition(b"\0")[0][:TEXT_LIMIT]
    region.bytes[begin : begin + TEXT_CELLS * CELL] = kept.ljust(TEXT_CELLS * CELL, b"\0")
