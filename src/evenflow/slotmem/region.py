"""Memory that processes share: made once by the supervisor, handed on by fork, and to another program by a descriptor.

The one place that calls mmap. It knows bytes and cells of eight bytes; what stands in which cell is said in `layout`.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from typing import Final

CELL: Final = 8
"""Bytes in a cell. A cell is aligned, so one store changes the whole of it and no reader sees half a number."""


class Region:
    """`cells` zeroed cells that a process and all that it forks afterwards have in common; gone with the last of them.

    The three views lie on the same memory: `ints` (signed, 64 bits) and `floats` (doubles) count in cells,
    `bytes` in bytes. `memory` is where another program finds it again: given, it is that of a region which is there
    already. ValueError where that is smaller.
    """

    __slots__ = ("ints", "floats", "bytes", "memory")

    def __init__(self, cells: int, memory: Memory | None = None) -> None:
        size = max(1, cells) * CELL
        self.memory = memory if memory is not None else new_memory(size)
        shared = memoryview(self.memory.map(size))
        self.bytes = shared
        self.ints: memoryview[int] = shared.cast("q")
        self.floats: memoryview[float] = shared.cast("d")


class Memory:
    """A file without a name, open for as long as this is known; `descriptor` is -1 where there are no such files, and
    then only who is forked shares it.
    """

    __slots__ = ("descriptor",)

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def map(self, size: int) -> mmap.mmap:
        """So many bytes of it, to read and write."""
        if self.descriptor < 0:
            return mmap.mmap(-1, size, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
        return mmap.mmap(self.descriptor, size, mmap.MAP_SHARED)

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def new_memory(size: int) -> Memory:
    """So many zeroed bytes. Their number cannot be changed: who has the memory could else make everybody fault."""
    try:
        descriptor = os.memfd_create("evenflow", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except (AttributeError, OSError):
        return Memory(-1)
    memory = Memory(descriptor)
    os.ftruncate(descriptor, size)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return memory
