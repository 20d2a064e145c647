"""The process that looks after members while children serve: it probes them and asks for their names. It shows the
manager's page to whom children hand on, and serves no client itself.

There is one for each generation that asks for it. It has dropped privileges like a child; if it dies it is replaced,
and until then members stay as it left them.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from typing import Any, Final, NoReturn

from evenflow.control import child, listening, privileges
from evenflow.control.generation import Generation
from evenflow.control.removal import Removals
from evenflow.plan.model import Member, Plan
from evenflow.serve.prober import Prober
from evenflow.slotmem.addresses import is_name

LAST_WORDS: Final = 2.0
"""Seconds that the console has to end what it tells."""


def wanted(plan: Plan) -> bool:
    """Whether there is anything to look after, apart from the manager's page."""
    named = any(is_named(member) for member in plan.members)
    return probes(plan) or plan.heartbeats is not None or named or may_grow(plan)


def probes(plan: Plan) -> bool:
    """Whether some member is to be asked how it is."""
    return any(member.probe is not None for member in plan.members)


def may_grow(plan: Plan) -> bool:
    """Whether members can be added while it runs, and removed again."""
    return any(balancer.growth for balancer in plan.balancers)


def is_named(member: Member) -> bool:
    """Whether it is known by a name, or may become somebody who is."""
    return not member.socket and (not member.name or is_name(member.dial_host))


def live(generation: Generation, supervisor: int, others: Sequence[Generation]) -> NoReturn:
    """Be the watchdog, from fork to exit."""
    status = child.CRASHED
    try:
        child.settle_signals()
        for one in (generation, *others):
            listening.close_others(one.shares, [])
        status = watch(generation, supervisor, others)
    except BaseException:
        child.last_words(generation)
    finally:
        try:
            generation.log.close()
            sys.stderr.flush()
        finally:
            os._exit(status)


def watch(generation: Generation, supervisor: int, others: Sequence[Generation] = ()) -> int:
    """Look after members until SIGTERM; answer the exit status."""
    if any(is_named(member) for member in generation.plan.members):
        # Only where it is needed, for it is large; and now, for who has become `User` may not be able to read it.
        import evenflow.control.services
        import evenflow.serve.names
    if generation.console is not None:
        import evenflow.control.console.serving  # noqa: F401
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
    asyncio.run(look_after(generation, others))
    return child.DONE


async def look_after(generation: Generation, others: Sequence[Generation] = ()) -> None:
    """Everything that goes on at the same time; back at SIGTERM."""
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    ending = asyncio.ensure_future(told.wait())
    works = [asyncio.ensure_future(work) for work in works_of(generation, others, told)]
    done, left = await asyncio.wait((*works, ending), return_when=asyncio.FIRST_COMPLETED)
    for work in works:
        if work in done:
            # None ends by itself: a mistake of ours, told like every other.
            work.result()
        if generation.console is None or work is not works[-1]:
            work.cancel()
    if left:
        # The console tells those who look that it is over.
        await asyncio.wait(left, timeout=LAST_WORDS)


def works_of(
    generation: Generation, others: Sequence[Generation], told: asyncio.Event
) -> list[Coroutine[Any, Any, None]]:
    """What there is to do; the console's is the last, and ends by itself once `told` is set."""
    plan, board, log = generation.plan, generation.scoreboard, generation.log
    works: list[Coroutine[Any, Any, None]] = []
    prober = Prober(plan, board, log)
    if probes(plan):
        works.append(prober.run())
    if any(is_named(member) for member in plan.members):
        from evenflow.serve.names import Names

        works.append(Names(plan, board, log).run())
    if may_grow(plan):
        works.append(Removals(plan, board, log).run())
    if any(member.service is not None for member in plan.members):
        from evenflow.control.services import Services

        works.append(Services(plan, board, log).run())
    if plan.heartbeats is not None:
        from evenflow.serve.heartbeats import Listener

        works.append(Listener(plan, board, log).run())
    if generation.console is not None:
        from evenflow.control.console import serving

        works.append(serving.run(generation, others, prober, told))
    return works
