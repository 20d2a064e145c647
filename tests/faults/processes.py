"""What the kernel says of evenflow's processes: memory and open files of those that serve."""

from __future__ import annotations

import os
from pathlib import Path


def below(pid: int) -> list[int]:
    """The processes that `pid` has started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def resident(pid: int) -> int:
    """Bytes of memory that the processes below `pid` hold themselves: anonymous pages, resident now."""
    return sum(anonymous(child) for child in below(pid))


def anonymous(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def descriptors(pid: int) -> int:
    """How many files the processes below `pid` have open."""
    return sum(len(os.listdir(f"/proc/{child}/fd")) for child in below(pid))
