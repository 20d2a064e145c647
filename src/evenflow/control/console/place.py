"""Where the console is to be found: the name of its socket, and the row by which children reach it like a member.

The name is one of Linux' abstract ones and there only while the watchdog listens: no file is left behind, and without a
watchdog the connection is refused at once. Name and key are made anew for each generation.
"""

from __future__ import annotations

import importlib.util
import secrets
from typing import Final

from evenflow.control import lasting
from evenflow.control.console import visit
from evenflow.control.console.ledger import Ledger
from evenflow.control.console.rings import Rings
from evenflow.control.console.visit import Visit
from evenflow.origin import Origin
from evenflow.plan.model import Member, Plan
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.handed_on import MANAGER
from evenflow.slotmem.adoption import member_keys
from evenflow.slotmem.scoreboard import Scoreboard

NEEDS: Final = ("uvicorn", "starlette", "jinja2")
"""What the extra `manager` installs."""
SECONDS: Final = 20.0
"""So long a child waits for the console to say something."""
HERE: Final = Origin("the console", 0, MANAGER)


class Console:
    """One generation's: made before the fork, the same in all processes."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.rings: Rings | None = None
        """What the charts show, once there is a scoreboard."""
        self.ledger: Ledger | None = None
        """Who changed what, likewise."""
        self.key = secrets.token_hex(16)
        member.socket = f"\0evenflow-manager-{secrets.token_hex(16)}"

    def itself(self) -> Console:
        """What stands among the local handlers."""
        return self

    def takes(self, method: bytes, query: bytes, accept: bytes) -> bool:
        """For the child: whether to hand a request on."""
        return visit.takes(method, query, accept)

    def introduce(
        self, address: bytes, user: bytes, place: int, path: bytes, server_name: bytes, authority: bytes
    ) -> bytes:
        """For the child: the field that says who asks."""
        texts = [one.decode("latin-1") for one in (address, user, path, server_name, authority)]
        return visit.write(self.key, Visit(texts[0], texts[1], place, *texts[2:]))


    def settle(
        self, scoreboard: Scoreboard, configuration: str, log: ErrorLog, before: tuple[Console, Scoreboard] | None
    ) -> None:
        """There is a scoreboard: make what children and watchdogs share, and go on where the generation before is.
        `configuration` is the path of the file, by which the ledger's is found."""
        self.rings = Rings(member_keys(scoreboard))
        if before is not None and before[0].rings is not None:
            # Members may have been added since it was made.
            before[0].rings.keys = member_keys(before[1])
            self.rings.adopt(before[0].rings)
        path = ledger_of(configuration) if lasting.wanted(scoreboard) else ""
        if before is not None and before[0].ledger is not None and before[0].ledger.path == path:
            self.ledger = before[0].ledger
            return
        try:
            self.ledger = Ledger(path)
        except OSError as fault:
            log.error("the list of changes cannot be kept over a restart", file=path, cause=fault.strerror)
            self.ledger = Ledger()


def ledger_of(configuration: str) -> str:
    """The file beside that of BalancerPersist."""
    kept = lasting.place(configuration)
    return str(kept.with_name(kept.name.removesuffix(".balancers.json") + ".changes.jsonl"))


def possible() -> bool:
    """Whether what it is made of is installed."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDS)


def arrange(plan: Plan) -> Console | None:
    """Add the console to the plan, before there is a scoreboard; None where nobody asks for it, or the extra is not
    installed.
    """
    if not plan.managed or plan.main is None or not possible():
        return None
    member = Member(MANAGER.encode(), b"http", "localhost", 80, b"", len(plan.members), HERE)
    member.host_field = b"localhost"
    member.disable_reuse = True
    member.timeout = SECONDS
    plan.members = (*plan.members, member)
    # The page shows how long members take.
    plan.measures = True
    return Console(member)


def is_console(member: Member) -> bool:
    """Whether it is no member of anybody's configuration."""
    return member.origin is HERE
