"""A supervisor over the smallest thing that can be run as a child, started by the tests as a process of its own.

`python small_server.py '{"port": ..., "children": ..., ...}'`: children answer every line with `pid index user line`;
`die` makes the child that reads it crash in C, `crash` raises, `slow` is answered half a second after a first line.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import sys
import time
from typing import Any

from evenflow.control import listening, privileges
from evenflow.control.generation import Generation
from evenflow.control.supervisor import supervise
from evenflow.control.trouble import Trouble
from evenflow.origin import Origin
from evenflow.plan.model import Listener, Plan
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.scoreboard import Scoreboard


def run(plan: Plan, sockets: list[Any], scoreboard: Any, index: int, handlers: dict[str, Any], *_: Any) -> None:
    """What a child does: the contract of `evenflow.serve.loop.run`."""
    if os.environ.get("DIE_AT_ONCE"):
        os._exit(9)
    selector = selectors.DefaultSelector()
    waking, waken = socket.socketpair()
    waken.setblocking(False)
    signal.set_wakeup_fd(waken.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)
    selector.register(waking, selectors.EVENT_READ, "drain")
    for bound, _ in sockets:
        selector.register(bound, selectors.EVENT_READ, "accept")
    draining = False
    held = 0
    while not draining or held:
        for key, _ in selector.select(0.5):
            if key.data == "drain":
                selector.unregister(waking)
                draining = True
                for bound, _ in sockets:
                    selector.unregister(bound)
                    bound.close()
            elif key.data == "accept":
                client, _ = key.fileobj.accept()  # type: ignore[union-attr]
                selector.register(client, selectors.EVENT_READ, "client")
                held += 1
            else:
                held -= answer(key.fileobj, index, selector)


def answer(client: Any, index: int, selector: selectors.BaseSelector) -> int:
    """Serve what one client sent; 1 if it is gone."""
    line = client.recv(100).decode().strip()
    if line == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if line == "crash":
        raise RuntimeError("a line said crash")
    if line == "slow":
        client.sendall(b"begun\n")
        time.sleep(0.5)
    if line:
        client.sendall(f"{os.getpid()} {index} {os.geteuid()} {line}\n".encode())
        return 0
    selector.unregister(client)
    client.close()
    return 1


def main() -> int:
    said = json.loads(sys.argv[1])
    plan = Plan()
    plan.listeners = (
        Listener(said.get("host", "127.0.0.1"), said["port"], False, Origin("wiki.conf", 3, f"Listen {said['port']}")),
    )
    plan.pid_file = said.get("pid_file", "")
    plan.user = said.get("user", "")
    children = said.get("children", 2)
    try:
        identity = privileges.wanted(plan)
        shares = listening.open_listeners(plan.listeners, children, 64)
    except Trouble as trouble:
        sys.stderr.write(trouble.render())
        return 1
    generation = Generation(plan, run, shares, Scoreboard((), (), children), ErrorLog("", "warn"), identity=identity)
    return supervise(generation, said.get("drain_seconds", 30.0))


if __name__ == "__main__":
    sys.exit(main())
