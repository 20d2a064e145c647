"""What a child does before and after it serves: who it is, what ends it, and how it leaves.

A child never returns into the supervisor's code: it ends by `os._exit`, with its last words in the error log.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import os
import random
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Final, NoReturn

from evenflow.control import listening, privileges
from evenflow.control.generation import Generation

DONE: Final = 0
"""Exit status: drained as it was told."""
CRASHED: Final = 70
"""Exit status: an exception nobody caught, which is our bug (EX_SOFTWARE)."""
REFUSED: Final = 77
"""Exit status: the kernel did not let it become `User` and `Group` (EX_NOPERM)."""
ORPHANED: Final = 71
"""Exit status: the supervisor died while the child was being made (EX_OSERR)."""

SAYINGS: Final = {
    DONE: "ended without being told",
    CRASHED: "an exception that nobody caught",
    REFUSED: "could not become User and Group",
    ORPHANED: "lost its supervisor",
}

PR_SET_PDEATHSIG: Final = 1
PR_SET_NAME: Final = 15


def live(
    generation: Generation,
    index: int,
    supervisor: int,
    others: Sequence[Generation] = (),
    line: socket.socket | None = None,
) -> NoReturn:
    """Be child `index` of `supervisor` (its process id), from fork to exit. `others` are generations that live beside
    this one, `line` leads to the supervisor.
    """
    status = CRASHED
    try:
        status = serve(generation, index, supervisor, others, line)
    except BaseException:
        last_words(generation)
    finally:
        try:
            generation.log.close()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


def serve(
    generation: Generation, index: int, supervisor: int, others: Sequence[Generation], line: socket.socket | None
) -> int:
    """Prepare, serve until drained, and answer the exit status."""
    settle_signals()
    for one in (generation, *others):
        listening.close_others(one.shares, [generation.shares[index]])
    if generation.identity is not None:
        try:
            privileges.become(generation.identity)
        except OSError as fault:
            generation.log.error("a child cannot become User and Group", child=index, cause=fault.strerror)
            return REFUSED
    # The kernel forgets the parent-death signal when the user changes, so this comes after.
    if not follow_to_death(supervisor):
        return ORPHANED
    title(f"evenflow: {index}")
    # Python seeds `random` anew after a fork; said here so that nobody relies on it without knowing.
    random.seed()
    # What was loaded before the fork stays where it is: no collection touches, and so copies, its pages.
    gc.freeze()
    if not faulthandler.is_enabled():
        faulthandler.enable()
    row = generation.scoreboard.child(index)
    row.begin(os.getpid(), generation.plan.generation, time.monotonic())
    generation.run(
        generation.plan,
        generation.shares[index],
        generation.scoreboard,
        index,
        generation.handlers,
        generation.log,
        line,
    )
    return DONE


def settle_signals() -> None:
    """The usual ways, but for SIGINT: Ctrl-C reaches the whole group, and it is the supervisor who tells children to
    drain.
    """
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def follow_to_death(supervisor: int) -> bool:
    """Ask the kernel to kill us when the supervisor dies; False if it is dead already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    return os.getppid() == supervisor


def title(name: str) -> None:
    """The name that `ps -o comm` and `top` show, at most 15 bytes; nothing where the system has no such call."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def last_words(generation: Generation) -> None:
    """The exception at hand, a line of the error log for each line of its traceback."""
    try:
        for line in traceback.format_exc().rstrip().splitlines():
            generation.log.error(line.rstrip(), line)
    except Exception:
        traceback.print_exc()


def cause_of(status: int) -> str:
    """Why a child ended, in words, from what waitpid gave."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = str(number)
        return f"killed by {name}"
    code = os.WEXITSTATUS(status)
    return f"exit status {code}, {SAYINGS[code]}" if code in SAYINGS else f"exit status {code}"
