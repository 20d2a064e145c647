"""Members' addresses for new connections, as one child knows them.

An address needs no question. A name's addresses are in the member's row, where the watchdog writes them; they count as
long as nothing newer stands there, however old they are. Only where the row holds nothing, as before the first answer,
or where the watchdog is dead and stays dead, a child asks for the name by itself, in a thread.
"""

from __future__ import annotations

import asyncio

# The executor behind getaddrinfo is imported when it is first used: a child that has become `User` may not be able to
# read it then.
import concurrent.futures.thread  # noqa: F401
import ipaddress
import socket
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from evenflow.plan.model import Member, Plan
from evenflow.slotmem.addresses import NOTHING, AddressRow, Answer
from evenflow.slotmem.layout import FOUND, NOT_FOUND
from evenflow.slotmem.scoreboard import Scoreboard

PATIENCE: Final = 1.0
"""Seconds in which the watchdog may give its first answer; then a child asks by itself."""
ONLY_THEY: Final = 10.0
"""The same where the system is not to be asked: it would ask others than the configuration names, or nobody at all
where ChrootDir hides its files."""
POLL: Final = 0.01
"""Seconds from one look for that answer to the next."""
ABANDONED: Final = 60.0
"""Seconds after which an answer that should have been renewed is taken for forgotten."""
OWN: Final = 30.0
"""Seconds that an answer counts which a child has found by itself."""

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
Addresses = tuple[Address, ...]
Then = Callable[[Addresses | None, str], None]


class Resolver:
    """One child's. `waits_for` is how many seconds the watchdog's first answer is waited for."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, scoreboard: Scoreboard | None = None, waits_for: float = 0.0
    ) -> None:
        self.loop = loop
        self.scoreboard = scoreboard
        self.waits_for = waits_for
        self.literal: dict[tuple[str, int], Addresses | None] = {}
        """Addresses that stand in the configuration; None for a name."""
        self.rows: dict[int, AddressRow] = {}
        """By slot, as far as they were looked at."""
        self.seen: dict[int, tuple[int, str, Answer, Addresses]] = {}
        """By slot: the row's serial and the name with which it was read, and what it said."""
        self.known: dict[tuple[str, int], tuple[Addresses, float]] = {}
        """What this child found by itself, and when."""
        self.asked: dict[tuple[str, int], list[Then]] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def address(self, member: Member) -> Addresses | None:
        """Where to connect to, the first address first; None if that must be asked for (`ask`)."""
        if member.socket:
            return ((socket.AF_UNIX, (member.socket,)),)
        key = (member.dial_host, member.dial_port)
        if not self.by_name(member):
            return self.literal[key]
        answer, found = self.of_row(member)
        if answer.state == NOT_FOUND:
            return None
        now = monotonic()
        if answer.state == FOUND and now < answer.due + ABANDONED:
            return found
        own = self.known.get(key)
        if own is None or now > own[1] + OWN:
            if own is None and not found:
                return None
            # What is known serves until the answer is there.
            self.find(key)
        return found if own is None or answer.learned > own[1] else own[0]

    def of_row(self, member: Member) -> tuple[Answer, Addresses]:
        """What the watchdog has found out about the member's name."""
        if self.scoreboard is None:
            return NOTHING, ()
        row = self.rows.get(member.slot)
        if row is None:
            row = self.rows[member.slot] = self.scoreboard.address(member.slot)
        serial = row.serial
        seen = self.seen.get(member.slot)
        if seen is not None and seen[0] == serial and seen[1] == member.dial_host:
            return seen[2], seen[3]
        answer = row.read(member.dial_host)
        found = tuple([to_connect(text, member.dial_port) for text in answer.addresses])
        if answer is not NOTHING:
            self.seen[member.slot] = (serial, member.dial_host, answer, found)
        return answer, found

    def by_name(self, member: Member) -> bool:
        """Whether the member's address may change while it runs."""
        if member.socket:
            return False
        key = (member.dial_host, member.dial_port)
        if key not in self.literal:
            self.literal[key] = read_literal(*key)
        return self.literal[key] is None

    def is_current(self, member: Member, address: Address) -> bool:
        """Whether the member is still at this address."""
        return address in (self.address(member) or ())

    def ask(self, member: Member, then: Then) -> None:
        """Ask for the name; `then(addresses, "")` or `then(None, cause)` is called from the loop, never at once."""
        self.loop.call_soon(self.wait_for_row, member, then, monotonic() + self.waits_for)

    def wait_for_row(self, member: Member, then: Then, until: float) -> None:
        """The watchdog's answer if it comes in time, else our own."""
        answer, found = self.of_row(member)
        if answer.state == FOUND:
            then(found, "")
        elif answer.state == NOT_FOUND:
            then(None, answer.cause)
        elif monotonic() < until:
            self.loop.call_later(POLL, self.wait_for_row, member, then, until)
        else:
            self.find((member.dial_host, member.dial_port), then)

    def find(self, key: tuple[str, int], then: Then | None = None) -> None:
        """Ask the system, once however many want to know."""
        waiting = self.asked.get(key)
        if waiting is None:
            waiting = self.asked[key] = []
            task = self.loop.create_task(self._find(key))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        if then is not None:
            waiting.append(then)

    async def _find(self, key: tuple[str, int]) -> None:
        found: Addresses | None = None
        cause = "no address"
        try:
            told = await self.loop.getaddrinfo(key[0], key[1], type=socket.SOCK_STREAM)
            if told:
                found = tuple(dict.fromkeys([(one[0], one[4]) for one in told]))
                cause = ""
        except OSError as fault:
            cause = fault.strerror or "unknown name"
        except Exception as fault:
            # Whoever asked must get an answer, whatever went wrong.
            cause = f"{type(fault).__name__}: {fault}"
        if found is not None:
            self.known[key] = found, monotonic()
        elif key in self.known:
            self.known[key] = self.known[key][0], monotonic()
        for then in self.asked.pop(key):
            # Each by itself: what goes wrong with one leaves the others their answer.
            self.loop.call_soon(then, found, cause)

    def close(self) -> None:
        """The child ends, its loop runs no more: nobody waits. An answer would be told to a loop that is closed, and
        that is a traceback in the error log."""
        waiting = list(self.tasks)
        for task in waiting:
            task.cancel()
        if waiting:
            self.loop.run_until_complete(asyncio.wait(waiting))


def patience_of(plan: Plan) -> float:
    """For how long the children of a plan wait for the watchdog's first answer."""
    return ONLY_THEY if plan.name_servers or plan.chroot_dir else PATIENCE


def read_literal(host: str, port: int) -> Addresses | None:
    """The address that a host is; None for a name."""
    try:
        return (to_connect(str(ipaddress.ip_address(host.strip("[]"))), port),)
    except ValueError:
        return None


def to_connect(address: str, port: int) -> Address:
    """What a socket is connected to."""
    if ":" in address:
        return socket.AF_INET6, (address, port, 0, 0)
    return socket.AF_INET, (address, port)
