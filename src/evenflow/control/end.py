"""The end: children finish what is in flight, and whoever is left is ended.

Functions over the supervisor, which calls them when it was told to end.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Final

from evenflow.control import child
from evenflow.control.signals import ENDING, ended, wait_for_signal

if TYPE_CHECKING:
    from evenflow.control.supervisor import Supervisor

DRAIN_SECONDS: Final = 30.0
"""What is in flight has so long to finish; tunnels do not keep a child alive longer."""
ECHO_SECONDS: Final = 0.5
"""A signal so soon after the first is the same one, sent to process and group (`timeout`, Ctrl-C under make)."""
KILL_SECONDS: Final = 5.0
"""Killed children are waited for so long."""


def drain(house: Supervisor) -> None:
    """Children finish what is in flight; back when all are gone, when the time is up, or at a second signal."""
    house.manager.stops()
    house.generation.stop_listening()
    tell(house, signal.SIGTERM)
    began = time.monotonic()
    deadline = began + house.drain_seconds
    while reap_ended(house):
        number = wait_for_signal(min(deadline, house.manager.due()) - time.monotonic())
        house.manager.live()
        if number in ENDING and time.monotonic() - began >= ECHO_SECONDS:
            house.log.warn("ended at once by a second signal", children=living(house))
            return
        if time.monotonic() >= deadline:
            house.log.warn("ended what was still in flight", children=living(house), after=f"{house.drain_seconds:g}")
            return


def kill(house: Supervisor) -> None:
    """End at once whoever is left."""
    tell(house, signal.SIGKILL)
    deadline = time.monotonic() + KILL_SECONDS
    while reap_ended(house) and time.monotonic() < deadline:
        wait_for_signal(0.1, (signal.SIGCHLD,))


def tell(house: Supervisor, number: int) -> None:
    for crew in house.crews():
        crew.tell(number)
    if house.judge:
        with contextlib.suppress(ProcessLookupError):
            os.kill(house.judge, signal.SIGKILL)


def reap_ended(house: Supervisor) -> int:
    """Take note of who ended, as is now expected of everybody; how many children are left."""
    for pid, status in ended():
        for one, post in [(crew, post) for crew in house.crews() for post in crew.everybody()]:
            if post.pid == pid:
                house.empty(one, post)
                if status and not (
                    os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGTERM, signal.SIGKILL)
                ):
                    house.log.error("child died while it drained", child=post.index, cause=child.cause_of(status))
    return living(house)


def living(house: Supervisor) -> int:
    return sum(crew.living() for crew in house.crews())
