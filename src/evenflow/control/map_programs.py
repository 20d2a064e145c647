"""The programs of `RewriteMap NAME prg:...`: started once, before children are forked and privileges dropped.

All children ask the same program, one after the other: a file of ours is the lock, and holds how many answers are still
owed. httpd gives such a program nothing of the environment, its own directory to stand in, and never starts it again
when it ends; so do we. Who asks it then gets nothing.
"""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from collections.abc import Sequence
from typing import Any

from evenflow.control.inherited import Inherited
from evenflow.control.log_pipes import unblock
from evenflow.control.trouble import Trouble
from evenflow.plan.maps import ProgramMap
from evenflow.plan.model import Plan

END_SECONDS = 3.0
"""A program that was asked to end is killed after this."""


class MapProgram:
    """One program that runs. `lock` is the file by which its askers keep out of each other's way."""

    def __init__(self, words: Sequence[str], process: subprocess.Popen[bytes] | Inherited, lock: int) -> None:
        self.words = words
        self.process = process
        self.lock = lock

    def close(self) -> None:
        """End it: its input ends, it is asked, and killed where that does not help."""
        assert self.process.stdin is not None and self.process.stdout is not None
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()
        os.close(self.lock)
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def start_program(map: ProgramMap) -> MapProgram:
    """Start it. Raises Trouble."""
    try:
        process = subprocess.Popen(
            map.words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={},
            cwd=os.path.dirname(map.words[0]),
            preexec_fn=unblock,
            start_new_session=True,
            **who(map),
        )
    except (OSError, ValueError, subprocess.SubprocessError) as fault:
        raise Trouble(
            "map-program-failed",
            f"cannot start the program of a RewriteMap `{' '.join(map.words)}`: {fault}",
            map.origin,
            "make it executable; httpd says: could not start RewriteMap program (AH00654)",
        ) from None
    assert process.stdin is not None and process.stdout is not None
    writing, reading = process.stdin.fileno(), process.stdout.fileno()
    os.set_blocking(writing, False)
    os.set_blocking(reading, False)
    started = MapProgram(map.words, process, os.memfd_create("evenflow-map"))
    map.attach(writing, reading, started.lock)
    return started


def who(map: ProgramMap) -> dict[str, Any]:
    """The user and group that a program is to have; nothing where it keeps ours. Raises Trouble for a name that the
    machine does not know, and where we may not change it."""
    if not map.user and not map.group:
        return {}
    asked: dict[str, Any] = {}
    try:
        if map.user:
            entry = pwd.getpwnam(map.user)
            asked["user"], asked["group"] = entry.pw_uid, entry.pw_gid
        if map.group:
            asked["group"] = grp.getgrnam(map.group).gr_gid
    except KeyError:
        raise Trouble(
            "user-unknown",
            f"this machine has no `{map.user}:{map.group}` for the program of a RewriteMap",
            map.origin,
            "write `USER:GROUP` as the machine knows them",
        ) from None
    return asked


def start_programs(plan: Plan) -> list[MapProgram]:
    """Start every program of the plan. Raises Trouble for the first that cannot be; then none is left running."""
    started: list[MapProgram] = []
    try:
        for one in plan.programs:
            assert isinstance(one, ProgramMap)
            started.append(start_program(one))
    except Trouble:
        close_programs(started)
        raise
    return started


def close_programs(programs: list[MapProgram]) -> None:
    """End all of them."""
    for program in programs:
        program.close()
