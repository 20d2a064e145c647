"""Memory that processes share: made once by the supervisor, handed on by fork.

The one place that calls mmap. It knows bytes and cells of eight bytes; what stands in which cell is said in `layout`.
"""

from __future__ import annotations

import mmap
from typing import Final

CELL: Final = 8
"""Bytes in a cell. A cell is aligned, so one store changes the whole of it and no reader sees half a number."""


class Region:
    """`cells` zeroed cells that a process and all that it forks afterwards have in common; gone with the last of them.

    The three views lie on the same memory: `ints` (signed, 64 bits) and `floats` (doubles) count in cells,
    `bytes` in bytes.
    """

    __slots__ = ("ints", "floats", "bytes")

    def __init__(self, cells: int) -> None:
        memory = memoryview(mmap.mmap(-1, max(1, cells) * CELL, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS))
        self.bytes = memory
        self.ints: memoryview[int] = memory.cast("q")
        self.floats: memoryview[float] = memory.cast("d")
