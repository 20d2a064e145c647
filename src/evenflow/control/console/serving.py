"""Serves the console in the watchdog: the lookout, and an HTTP server on the abstract socket that children know."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Final

# What uvicorn and starlette would import when they need it: whoever has become `User` may not be able to read it then.
import anyio._backends._asyncio  # noqa: F401
import uvicorn
import uvicorn.lifespan.off
import uvicorn.loops.asyncio
import uvicorn.protocols.http.h11_impl

from evenflow.control.console.application import Application
from evenflow.control.console.deeds import Deeds
from evenflow.control.console.lookout import TICK, Lookout
from evenflow.control.console.witness import Witness
from evenflow.control.generation import Generation
from evenflow.serve.prober import Prober

BACKLOG: Final = 64
LAST_SECONDS: Final = 1
"""What is in flight at the end has so long."""


class Server(uvicorn.Server):
    """One that leaves signals alone: they are the watchdog's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(generation: Generation, others: Sequence[Generation], prober: Prober, ending: asyncio.Event) -> None:
    """Serve until `ending` is set."""
    console = generation.console
    assert console is not None and console.rings is not None and console.ledger is not None
    lookout = Lookout(generation.plan, generation.scoreboard, console.rings, prober)
    lookout.look(time.monotonic())
    witness = Witness(generation.plan.balancers, generation.scoreboard, console.ledger)
    deeds = Deeds(lookout, console.ledger, witness, others)
    application = Application(console.key, lookout, deeds, ending)
    config = uvicorn.Config(
        application.asgi, http="h11", ws="none", lifespan="off", loop="asyncio", log_config=None, access_log=False,
        server_header=False, proxy_headers=False, timeout_graceful_shutdown=LAST_SECONDS,
    )  # fmt: skip
    server = Server(config)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as listening:
        listening.bind(console.member.socket)
        listening.listen(BACKLOG)
        looking = asyncio.ensure_future(look(lookout, deeds))
        serving = asyncio.ensure_future(server.serve([listening]))
        told = asyncio.ensure_future(ending.wait())
        done, _ = await asyncio.wait((looking, serving, told), return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        # A look wakes the streams, which then see that it is over.
        lookout.wake()
        looking.cancel()
        await serving
        if looking in done:
            looking.result()


async def look(lookout: Lookout, deeds: Deeds) -> None:
    """Once a second, until cancelled: see what members do, and what others did to them."""
    while True:
        now = time.monotonic()
        lookout.look(now)
        deeds.end_drains(now)
        deeds.witness.look()
        deeds.ledger.trim()
        await asyncio.sleep(TICK)
