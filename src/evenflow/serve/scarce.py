"""What is done where descriptors are few: kept connections to members give way, and some descriptors are held in hand
for the reserved ports.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from evenflow.serve.server import Server

MEANS: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
"""What this machine, or this process, is short of: nobody at the other end is to blame."""
IN_HAND: Final = 4
"""Descriptors held in hand: for a connection, and for what its request may need."""
AT_A_TIME: Final = 2


def give_way(server: Server) -> int:
    """Close half of the kept connections to each member, those first that were idle longest; how many that were.

    Without it, kept ones could fill all places, and nobody would ever be accepted who uses them.
    """
    closed = 0
    for kept in server.idle:
        for _ in range((len(kept) + 1) // 2):
            kept.pop(0).close()
            closed += 1
    return closed


class InHand:
    """Descriptors that can be set free."""

    def __init__(self) -> None:
        self.held: list[int] = []

    def gather(self) -> None:
        """Hold as many as there should be, as far as they can be had."""
        with contextlib.suppress(OSError):
            while len(self.held) < IN_HAND:
                # Not /dev/null: within ChrootDir there may be none.
                self.held.append(os.eventfd(0, os.EFD_CLOEXEC))

    def set_free(self) -> bool:
        """Let go of some; False where none is left."""
        freed = self.held[:AT_A_TIME]
        del self.held[:AT_A_TIME]
        for fd in freed:
            os.close(fd)
        return bool(freed)
