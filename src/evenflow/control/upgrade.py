"""Another program takes the place of this one, in the same process: children, listeners and orders stay.

First the new program rehearses, in a process of its own: it is started with the words that it will be started with,
reads what it will be left, and checks the configuration. Only then it is executed; `successor` is what it does there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from evenflow.control import estate, handover, log_pipes, reload
from evenflow.control.handover import Program
from evenflow.control.loading import Refused
from evenflow.control.readiness import ready_line
from evenflow.control.signals import wait_for_signal
from evenflow.slotmem.bequest import memory_of

if TYPE_CHECKING:
    from evenflow.control.supervisor import Supervisor

REHEARSAL_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.05


def upgrade(house: Supervisor, path: str | None) -> NoReturn:
    """Be the program at `path`; None for the one that was started, as it is on disk now. Raises Refused; then nothing
    has changed.
    """
    own = house.origin.program if house.origin is not None else None
    if house.origin is None or own is None:
        raise Refused("how this evenflow was started cannot be told: it needs a restart\n")
    program = own if path is None else Program([path], own.arguments, house.origin.environment)
    if any(memory_of(crew.generation.scoreboard).descriptor < 0 for crew in house.crews()):
        raise Refused("this system has no memory that another program could go on with: it needs a restart\n")
    told = estate.describe(house, own)
    try:
        version = rehearse(house, program, told)
    except Refused as refused:
        house.log.error("not upgraded: nothing has changed", cause=reload.first_error(str(refused)))
        raise
    house.log.notice("upgrading", program=str(program), now=told["evenflow"], then=version)
    house.manager.reloads(f"evenflow {version} takes over")
    house.dismiss_judge()
    house.translate(True)
    if house.keeper is not None:
        house.keeper.look(house.generation.scoreboard)
    try:
        handover.execute(program, told, told["descriptors"])
    except OSError as fault:
        house.manager.serves(ready_line(house.generation))
        raise Refused(f"`{program}` cannot be executed: {fault.strerror}\n") from None
    raise AssertionError("execve came back")


def rehearse(house: Supervisor, program: Program, told: dict[str, Any]) -> str:
    """Let the program try, in a process of its own, what it will do in this one; its version. Raises Refused."""
    paper = handover.write(told)
    try:
        with open(os.memfd_create("out"), "rb") as out, open(os.memfd_create("err"), "rb") as err:
            status, pid = run(house, replace(program, arguments=[*program.arguments, "--rehearse"]), paper, out, err)
            said = os.pread(out.fileno(), 1 << 16, 0).decode(errors="replace")
            told_why = os.pread(err.fileno(), 1 << 16, 0).decode(errors="replace")
    finally:
        os.close(paper)
    if status is None:
        raise Refused(f"`{program}` did not rehearse within {REHEARSAL_SECONDS:g} seconds\n")
    if status:
        raise Refused(f"`{program}` cannot take over: nothing has changed\n{told_why or f'exit status {status}'}")
    try:
        answer = json.loads(said.splitlines()[-1])
        process, version = answer["process"], str(answer["evenflow"])
    except (ValueError, LookupError, TypeError):
        raise Refused(f"`{program}` rehearsed, and did not say who it is: is it evenflow?\n{told_why}") from None
    if process != pid:
        raise Refused(f"`{program}` started evenflow in another process: it must end with `exec evenflow \"$@\"`\n")
    return version


def run(
    house: Supervisor, program: Program, paper: int, out: Any, err: Any
) -> tuple[int | None, int]:
    """Its exit status and process id; None where it took too long, and was killed. Raises Refused."""
    try:
        process = subprocess.Popen(
            [*program.words, *program.arguments],
            env={**program.environment, handover.VARIABLE: str(paper)},
            stdin=subprocess.DEVNULL,
            stdout=out.fileno(),
            stderr=err.fileno(),
            pass_fds=(paper,),
            preexec_fn=log_pipes.unblock,
            start_new_session=True,
        )
    except (OSError, subprocess.SubprocessError) as fault:
        raise Refused(f"`{program}` cannot be executed: {getattr(fault, 'strerror', None) or fault}\n") from None
    deadline = time.monotonic() + REHEARSAL_SECONDS
    while process.poll() is None:
        if time.monotonic() >= deadline:
            process.kill()
            process.wait()
            return None, process.pid
        wait_for_signal(LOOK_SECONDS, (signal.SIGCHLD,))
        house.manager.live()
    return process.returncode, process.pid
