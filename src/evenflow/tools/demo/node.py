"""One stand-in node as a process: `python -m evenflow.tools.demo.node confluence NAME HOST PORT` (or `synchrony`).

One more argument, JSON, says what it needs to let people edit together (`cluster.Shared`).
It ends with SIGTERM, and by itself when its standard input ends, so that no node outlives the demo that started it.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

from evenflow.tools.demo.confluence import confluence
from evenflow.tools.demo.documents import Documents
from evenflow.tools.demo.editing import Editor
from evenflow.tools.demo.journal import Journal
from evenflow.tools.demo.synchrony import synchrony
from evenflow.tools.demo.web import Handler, listen


def handler_of(kind: str, name: str, host: str, port: int, shared: str = "") -> Handler:
    """What answers on this node; `shared` as `cluster` writes it, "" where nobody can edit."""
    said = json.loads(shared) if shared else {}
    if kind == "synchrony":
        return synchrony(name, documents=Documents(name, Journal(Path(said["journal"]))) if said else None)
    editor = None
    if said:
        journal, packages = Path(said.pop("journal")), Path(said.pop("packages"))
        editor = Editor(journal, packages, tuple(said.pop("synchrony")), **said)
    return confluence(name, f"{host}:{port}", editor)


async def run(kind: str, name: str, host: str, port: int, shared: str = "") -> None:
    """Serve until told to end."""
    handler = handler_of(kind, name, host, port, shared)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_reader(sys.stdin.fileno(), ended.set)
    server = await listen(handler, host, port)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), *sys.argv[5:]))
