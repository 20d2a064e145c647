"""The process that looks after members while children serve: it probes them, and serves no client.

There is one for each generation that asks for it. It has dropped privileges like a child; if it dies it is replaced,
and until then members stay as it left them.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from evenflow.control import child, listening, privileges
from evenflow.control.generation import Generation
from evenflow.plan.model import Plan
from evenflow.serve.prober import Prober


def wanted(plan: Plan) -> bool:
    """Whether there is anything to look after."""
    return any(member.probe is not None for member in plan.members)


def live(generation: Generation, supervisor: int, others: Sequence[Generation]) -> NoReturn:
    """Be the watchdog, from fork to exit."""
    status = child.CRASHED
    try:
        child.settle_signals()
        for one in (generation, *others):
            listening.close_others(one.shares, [])
        status = watch(generation, supervisor)
    except BaseException:
        child.last_words(generation)
    finally:
        try:
            generation.log.close()
            sys.stderr.flush()
        finally:
            os._exit(status)


def watch(generation: Generation, supervisor: int) -> int:
    """Look after members until SIGTERM; answer the exit status."""
    if generation.identity is not None:
        try:
            privileges.become(generation.identity)
        except OSError as fault:
            generation.log.error("the watchdog cannot become User and Group", cause=fault.strerror)
            return child.REFUSED
    if not child.follow_to_death(supervisor):
        return child.ORPHANED
    child.title("evenflow: watch")
    gc.freeze()
    asyncio.run(look_after(generation))
    return child.DONE


async def look_after(generation: Generation) -> None:
    """Everything that goes on at the same time; back at SIGTERM."""
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    probing = asyncio.ensure_future(Prober(generation.plan, generation.scoreboard, generation.log).run())
    ending = asyncio.ensure_future(told.wait())
    done, _ = await asyncio.wait((probing, ending), return_when=asyncio.FIRST_COMPLETED)
    if probing in done:
        # It never ends by itself: a mistake of ours, told like every other.
        probing.result()
    probing.cancel()
