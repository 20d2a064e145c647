"""One stand-in node as a process: `python -m evenflow.tools.demo.node confluence NAME HOST PORT` (or `synchrony`).

It ends with SIGTERM, and by itself when its standard input ends, so that no node outlives the demo that started it.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from evenflow.tools.demo.confluence import confluence
from evenflow.tools.demo.synchrony import synchrony
from evenflow.tools.demo.web import listen


async def run(kind: str, name: str, host: str, port: int) -> None:
    """Serve until told to end."""
    handler = confluence(name, f"{host}:{port}") if kind == "confluence" else synchrony(name)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_reader(sys.stdin.fileno(), ended.set)
    server = await listen(handler, host, port)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
