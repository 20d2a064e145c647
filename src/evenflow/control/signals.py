"""The signals that the supervisor blocks and waits for, one after the other, and who of its processes has ended."""

from __future__ import annotations

import os
import signal
from typing import Final

from evenflow.control import channel

ENDING: Final = (signal.SIGTERM, signal.SIGINT)
RELOADING: Final = (signal.SIGHUP, signal.SIGUSR1)
WAITED_FOR: Final = (*ENDING, *RELOADING, channel.SIGNAL, signal.SIGCHLD)


def wait_for_signal(seconds: float, numbers: tuple[int, ...] = WAITED_FOR) -> int:
    """The next of the blocked signals, 0 if none comes within `seconds`."""
    found = signal.sigtimedwait(numbers, max(0.0, seconds))
    return found.si_signo if found is not None else 0


def ended() -> list[tuple[int, int]]:
    """Process id and wait status of every process of ours that ended and was not asked about yet."""
    found: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        found.append((pid, status))
