"""Members' names to addresses. An address needs no question; a name is asked for once, in a thread, and kept."""

from __future__ import annotations

import asyncio

# The executor behind getaddrinfo is imported when it is first used: a child that has become `User` may not be able to
# read it then.
import concurrent.futures.thread  # noqa: F401
import ipaddress
import socket
import time
from collections.abc import Callable
from typing import Any, Final

from evenflow.plan.model import Member

FOREVER: Final = float("inf")

Address = tuple[socket.AddressFamily, tuple[Any, ...]]


class Resolver:
    """One child's answers. `start` asks for all names before the first request needs them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.known: dict[tuple[str, int], Address] = {}
        self.learned: dict[tuple[str, int], float] = {}
        """When a name was answered, for members with `addressttl`."""
        self.asked: dict[tuple[str, int], list[Callable[[Address | None, str], None]]] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def start(self, members: tuple[Member, ...]) -> None:
        """Learn the addresses of all members, rows that are kept free apart; must be called with the loop running if
        one of them is a name."""
        for member in members:
            if member.name and self.address(member) is None:
                self.ask(member, ignore)

    def address(self, member: Member) -> Address | None:
        """Where to connect to; None if the name has not been answered yet (`ask`)."""
        if member.socket:
            return socket.AF_UNIX, (member.socket,)
        key = (member.dial_host, member.dial_port)
        found = self.known.get(key)
        if found is not None and 0 <= member.address_ttl < time.monotonic() - self.learned.get(key, FOREVER):
            del self.known[key]
            found = None
        if found is None:
            try:
                literal = ipaddress.ip_address(member.dial_host.strip("[]"))
            except ValueError:
                return None
            if literal.version == 4:
                found = (socket.AF_INET, (str(literal), member.dial_port))
            else:
                found = (socket.AF_INET6, (str(literal), member.dial_port, 0, 0))
            self.known[key] = found
        return found

    def ask(self, member: Member, then: Callable[[Address | None, str], None]) -> None:
        """Ask for the name; `then(address, "")` or `then(None, cause)` is called from the loop, never at once."""
        key = (member.dial_host, member.dial_port)
        waiting = self.asked.get(key)
        if waiting is not None:
            waiting.append(then)
            return
        self.asked[key] = [then]
        task = self.loop.create_task(self._find(key))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _find(self, key: tuple[str, int]) -> None:
        address: Address | None = None
        cause = "no address"
        try:
            found = await self.loop.getaddrinfo(key[0], key[1], type=socket.SOCK_STREAM)
            if found:
                address = (found[0][0], found[0][4])
                cause = ""
        except OSError as fault:
            cause = fault.strerror or "unknown name"
        except Exception as fault:
            # Whoever asked must get an answer, whatever went wrong.
            cause = f"{type(fault).__name__}: {fault}"
        if address is not None:
            self.known[key] = address
            self.learned[key] = time.monotonic()
        for then in self.asked.pop(key):
            # Each by itself: what goes wrong with one leaves the others their answer.
            self.loop.call_soon(then, address, cause)


def ignore(_address: Address | None, _cause: str) -> None:
    """For who asks early only."""
