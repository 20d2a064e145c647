"""`evenflow serve`: from the beginning, or where a program before this one in the same process has stopped."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from evenflow.control import activation, end, handover, loading, notify, successor
from evenflow.control.generation import Generation
from evenflow.control.signals import ENDING, RELOADING, wait_for_signal
from evenflow.control.supervisor import supervise
from evenflow.control.trouble import Trouble


def serve(path: str, children: int | None, defines: dict[str, str]) -> int:
    """Serve the configuration at `path` in the foreground until told to end; answer the exit status.

    `children` is how many processes serve, None for one per usable processor. `defines` are the names given by -D.
    Diagnostics go to standard error; errors there, and whatever keeps a generation from starting, give 1. SIGTERM
    and SIGINT give 0. SIGHUP and SIGUSR1 load it again.
    """
    count = children if children is not None else loading.usable_processors()
    try:
        told = handover.received()
        if told is not None and told["process"] != os.getpid():
            raise handover.Unreadable("it was left for another process: a script that starts evenflow must `exec` it")
    except handover.Unreadable as fault:
        sys.stderr.write(f"error[handover-unreadable]: {fault}\n")
        return 1
    if told is not None:
        return successor.follow(told, path, count, defines)
    # Before anything is started: what it inherits must not speak for us, nor hold our sockets.
    manager = notify.service_manager()
    try:
        given = activation.given_sockets()
    except Trouble as trouble:
        sys.stderr.write(trouble.render())
        return 1
    load = loading.loader(path, count, defines, given)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, RELOADING)
    try:
        generation, said = load_first(load)
        sys.stderr.write(said)
        origin = handover.Origin(handover.own_program(), dict(os.environ), given)
        # Into the supervisor's hands alone: what is named here would be kept until the end.
        first = [generation]
        del generation
        return supervise(first.pop(), end.DRAIN_SECONDS, load, path, manager, origin)
    except loading.Refused as refused:
        sys.stderr.write(str(refused))
        return 1
    finally:
        # It is over: whatever is still waiting has nothing to add.
        while wait_for_signal(0.0):
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def load_first(load: loading.Load) -> tuple[Generation, str]:
    """The first generation. SIGTERM and SIGINT end the process with 0 meanwhile, and are blocked afterwards: listeners
    are open by then, and the supervisor will look.
    """
    kept = [(number, signal.signal(number, leave)) for number in ENDING]
    try:
        loaded = load(None)
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        return loaded
    finally:
        for number, handler in kept:
            signal.signal(number, handler)


def leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def rehearse(path: str, children: int | None, defines: dict[str, str]) -> int:
    """Whether this program could take over (`successor.rehearse`): 0 and a line of JSON, or 1 and why not."""
    try:
        return successor.rehearse(handover.received(), path, defines)
    except (handover.Unreadable, loading.Refused) as fault:
        text = str(fault)
        sys.stderr.write(text if text.endswith("\n") else f"error[handover-unreadable]: {text}\n")
        return 1
