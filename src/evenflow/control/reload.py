"""Another generation takes over: its children start on the sockets that are there, and once all of them serve, those
before them retire. Where anything goes wrong, everything is as it was.

Functions over the supervisor: it alone calls them, between two signals.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import time
import traceback
from typing import TYPE_CHECKING, Final

from evenflow.control import child, loading
from evenflow.control.crew import Crew
from evenflow.control.readiness import ready_line
from evenflow.control.signals import wait_for_signal
from evenflow.control.trouble import Trouble
from evenflow.origin import NOWHERE
from evenflow.serve import log_output, tls

if TYPE_CHECKING:
    from evenflow.control.supervisor import Supervisor

START_SECONDS: Final = 30.0
"""The children of a new configuration serve within this, or are given up."""
LOOK: Final = "the error log says why; everything goes on with the configuration that was loaded before"


def reload(house: Supervisor) -> str:
    """Load the configuration again, and let those who run it take over; what is to be said of it, for whoever
    asked. Raises Refused, and then everything is as it was.
    """
    house.manager.reloads()
    try:
        said = succeed(house)
    except loading.Refused as refused:
        house.manager.serves(f"not reloaded: {first_error(str(refused))}")
        sys.stderr.write(str(refused))
        house.log.error("not reloaded: what was loaded before goes on", cause=first_error(str(refused)))
        raise
    house.manager.serves(ready_line(house.generation))
    sys.stderr.write(said)
    house.log.notice("reloaded", generation=house.generation.plan.generation, children=len(house.crew.posts))
    return said


def succeed(house: Supervisor) -> str:
    """The next generation starts, and the one before it retires. Raises Refused."""
    if house.load is None:
        raise loading.Refused("there is no configuration to load again\n")
    before = house.crew
    try:
        generation, said = house.load(before.generation)
    except loading.Refused:
        raise
    except Exception:
        raise loading.Refused("a mistake in evenflow:\n" + traceback.format_exc()) from None
    crew = Crew(generation)
    try:
        gc.collect()
        for post in crew.everybody():
            house.fill(crew, post)
        if not comes_up(house, crew):
            raise Trouble("children-died", "the children of the new configuration do not start", NOWHERE, LOOK)
        house.settle_pid_file(generation.plan)
    except BaseException as fault:
        give_up(house, crew)
        if isinstance(fault, Trouble):
            raise loading.Refused(said + fault.render()) from None
        raise
    if house.keeper is not None:
        house.keeper.look(before.generation.scoreboard)
    house.crew = crew
    house.trouble = ""
    house.elders.append(before)
    house.allowance.resize(generation.scoreboard)
    house.ancestry.retire(before.generation.scoreboard)
    house.ancestry.write(generation.scoreboard)
    before.generation.hand_over(generation)
    house.log.close()
    house.log = generation.log
    house.settle_keeper()
    house.summon_judge()
    for retiring in house.elders:
        for post in retiring.posts:
            post.tell(signal.SIGUSR2)
    if before.watch is not None:
        before.watch.tell(signal.SIGTERM)
    return said


def comes_up(house: Supervisor, crew: Crew) -> bool:
    """Whether everybody in it serves before the time is up; False as soon as one of them dies."""
    deadline = time.monotonic() + START_SECONDS
    while not crew.serving():
        if time.monotonic() >= deadline:
            return False
        wait_for_signal(0.01, (signal.SIGCHLD,))
        house.manager.live()
        for post in crew.posts:
            pid, status = os.waitpid(post.pid, os.WNOHANG) if post.pid else (-1, 0)
            if pid:
                house.empty(crew, post)
                house.log.error("a child of the new configuration died at once", cause=child.cause_of(status))
                return False
    return True


def give_up(house: Supervisor, crew: Crew) -> None:
    """The new crew is not to be: end it, and give back what it had opened."""
    crew.tell(signal.SIGKILL)
    for post in crew.everybody():
        if post.pid:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(post.pid, 0)
            house.empty(crew, post)
    crew.generation.close([one.generation for one in house.crews()])
    log_output.go_back(crew.generation.files)
    tls.go_back(house.generation.plan)


def take_leave(house: Supervisor, crew: Crew, pid: int, status: int) -> None:
    """A retired child ended, as is expected of it; the last one closes the door."""
    for post in crew.everybody():
        if post.pid == pid:
            house.empty(crew, post)
            if status:
                house.log.error(
                    "a retired child died",
                    child=post.index,
                    generation=crew.generation.plan.generation,
                    cause=child.cause_of(status),
                )
            if post is not crew.watch:
                crew.generation.scoreboard.bury(post.index)
    if not crew.living():
        house.elders.remove(crew)
        house.ancestry.end(crew.generation.scoreboard)
        house.ancestry.write(house.generation.scoreboard)
        crew.generation.close([one.generation for one in house.crews()])


def first_error(said: str) -> str:
    """The first headline of an error in what was said."""
    lines = said.splitlines()
    return next((line for line in lines if line.startswith("error")), lines[0] if lines else "")
