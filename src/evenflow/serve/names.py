"""Members' names while it runs: asked for again whenever an answer has counted its time, for all children at once.

This is the watchdog's work. What it learns it writes into the members' address rows, from which every child takes it at
its next connection, so no request waits for a name that was known before. An answer that cannot be renewed counts on;
only the DNS's own word that a name is gone ends it, after a while. A member whose name leads nowhere is in error, and
leaves that state when the name is there.
"""

from __future__ import annotations

import asyncio
import math
import random
import socket
from collections.abc import Iterable
from time import monotonic
from typing import Final

from evenflow.balancer.added import settle
from evenflow.plan.model import Member, Plan
from evenflow.serve.dns_questions import Dns, NoAnswer, in_order
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.hosts_file import HostsFile, Switch
from evenflow.slotmem.addresses import NOTHING, Answer, is_name
from evenflow.slotmem.layout import FOUND, IGNORE_ERRORS, MOST_ADDRESSES, NOT_FOUND
from evenflow.slotmem.scoreboard import Scoreboard

LOOK: Final = 0.2
"""Seconds from one look at what is due to the next."""
AT_ONCE: Final = 16
"""Names that are asked for at the same time."""
LEAST: Final = 1.0
"""Seconds that every answer counts, whatever its time to live."""
OF_SYSTEM: Final = 30.0
"""Seconds that an answer counts which the system gave and the DNS did not."""
OF_FILE: Final = 3600.0
"""The same of a hosts file; when the file changes, all is asked anew."""
SYSTEM_PATIENCE: Final = 10.0
"""Seconds in which the system must have answered."""
LONGEST_PAUSE: Final = 5.0
"""Seconds until a name is asked for again that nobody could say anything of; it begins with LEAST and doubles."""
HOLD: Final = 30.0
"""Seconds for which the DNS must say that a name is gone before its addresses are given up."""
NOT_THERE: Final = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class Name:
    """One name, asked for with one bound (`addressttl`), and the members that have it."""

    __slots__ = ("host", "bound", "members", "answer", "due", "asking", "failures", "gone_since")

    def __init__(self, host: str, bound: float) -> None:
        self.host = host
        self.bound = bound
        self.members: list[Member] = []
        self.answer: Answer = NOTHING
        self.due = 0.0
        self.asking = False
        self.failures = 0
        """Questions in a row that came to nothing."""
        self.gone_since = 0.0
        """Since when the DNS has said that there is no such name; 0.0 while it has not."""


class Names:
    """The names of one generation's members, those included that are added while it runs."""

    def __init__(
        self,
        plan: Plan,
        scoreboard: Scoreboard,
        log: ErrorLog,
        dns: Dns | None = None,
        hosts: HostsFile | None = None,
        switch: Switch | None = None,
        hold: float = HOLD,
    ) -> None:
        self.plan = plan
        self.scoreboard = scoreboard
        self.log = log
        self.dns = dns or Dns(plan.name_servers)
        self.hosts = hosts or HostsFile()
        self.switch = switch or Switch()
        self.hold = hold
        self.names: dict[tuple[str, float], Name] = {}
        self.turns = asyncio.Semaphore(AT_ONCE)
        self.tasks: set[asyncio.Task[None]] = set()
        self._hosts_then: tuple[str, ...] | None = None

    async def run(self) -> None:
        """Ask and ask again until cancelled."""
        try:
            while True:
                self.look(monotonic())
                for task in [task for task in self.tasks if task.done()]:
                    self.tasks.discard(task)
                    # A mistake of ours, told like every other.
                    task.result()
                await asyncio.sleep(LOOK)
        finally:
            for task in self.tasks:
                task.cancel()

    def look(self, now: float) -> None:
        """Begin to ask for what is due."""
        self.gather(now)
        self.switch.look()
        if self.hosts.changed():
            for name in self.names.values():
                if not (name.bound < 0 and name.answer.state == FOUND):
                    name.due = now
        for name in self.names.values():
            if name.due <= now and not name.asking:
                name.asking = True
                self.tasks.add(asyncio.ensure_future(self.ask(name)))

    def gather(self, now: float) -> None:
        """Which names there are: members may have come and gone since."""
        settle([balancer for balancer in self.plan.balancers if balancer.spares], self.scoreboard)
        hosts = tuple([member.dial_host for member in self.plan.members])
        if hosts == self._hosts_then:
            return
        self._hosts_then = hosts
        for name in self.names.values():
            name.members = []
        for member in named(self.plan.members):
            key = (member.dial_host, member.address_ttl)
            found = self.names.get(key)
            if found is None:
                found = self.names[key] = Name(*key)
                # Whoever asked before us may be no more; what it found out counts until we have asked.
                found.answer = self.scoreboard.address(member.slot).read(member.dial_host)
                found.due = now
            found.members.append(member)
            if found.answer is not NOTHING:
                self.scoreboard.address(member.slot).write(member.dial_host, found.answer)
        self.names = {key: name for key, name in self.names.items() if name.members}

    async def ask(self, name: Name) -> None:
        """One question, and what follows from its answer."""
        try:
            async with self.turns:
                addresses, seconds, known = await find(name.host, self.dns, self.hosts, self.switch)
        except NoAnswer as none:
            self.miss(name, none, monotonic())
        else:
            self.learn(name, addresses, seconds, known, monotonic())
        finally:
            name.asking = False

    def learn(self, name: Name, addresses: tuple[str, ...], seconds: float, ttl: float, now: float) -> None:
        """The name has these addresses."""
        before = name.answer
        addresses = bounded(addresses, before.addresses)
        if set(before.addresses) == set(addresses):
            # Name servers turn the order; a member should not turn with it.
            addresses = before.addresses
        elif before.state == FOUND:
            self.log.notice(
                "the name of a member has other addresses now",
                f"name {name.host}",
                name=name.host,
                addresses=" ".join(addresses),
                before=" ".join(before.addresses),
                origin=name.members[0].origin,
            )
        if 0 <= name.bound < seconds:
            seconds = name.bound
        seconds = max(LEAST, seconds)
        # A little early, by lot: what came together need not be asked for together for ever.
        due = math.inf if name.bound < 0 else now + seconds * random.uniform(0.9, 1.0)
        name.failures = 0
        name.gone_since = 0.0
        self.settle_answer(name, Answer(FOUND, addresses, now, ttl, due))
        if before.state == NOT_FOUND:
            for member in name.members:
                slot = self.scoreboard.member(member.slot, 0)
                if slot.error_since:
                    slot.error_since = 0.0
                    slot.recovered = now
            self.log.notice(
                "the name of a member resolves now",
                f"name {name.host}",
                name=name.host,
                addresses=" ".join(addresses),
                origin=name.members[0].origin,
            )

    def miss(self, name: Name, none: NoAnswer, now: float) -> None:
        """Nothing was found out."""
        before = name.answer
        name.failures += 1
        due = now + min(LONGEST_PAUSE, LEAST * 2 ** min(name.failures - 1, 10))
        if none.definite:
            name.gone_since = name.gone_since or now
        else:
            name.gone_since = 0.0
        if before.state == FOUND and not (none.definite and now >= name.gone_since + self.hold):
            if not before.cause:
                self.log.warn(
                    "the name of a member cannot be asked for again: it keeps the addresses it had",
                    f"name {name.host}",
                    name=name.host,
                    cause=none.cause,
                    addresses=" ".join(before.addresses),
                    origin=name.members[0].origin,
                )
            kept = Answer(FOUND, before.addresses, before.learned, before.ttl, due, none.cause)
            self.settle_answer(name, kept)
            return
        if before.state != NOT_FOUND:
            called = " ".join([member.name.decode("latin-1") for member in name.members])
            self.log.error(
                "the name of a member does not resolve",
                f"name {name.host}",
                name=name.host,
                cause=none.cause,
                member=called,
                origin=name.members[0].origin,
            )
        self.settle_answer(name, Answer(NOT_FOUND, (), now, 0.0, due, none.cause))
        for member in name.members:
            slot = self.scoreboard.member(member.slot, 0)
            if member.balancer is not None and not slot.status & IGNORE_ERRORS:
                slot.error_since = now

    def settle_answer(self, name: Name, answer: Answer) -> None:
        """Write it where everybody reads it."""
        name.answer = answer
        name.due = answer.due
        for member in name.members:
            self.scoreboard.address(member.slot).write(member.dial_host, answer)


def bounded(addresses: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
    """No more than a row holds; those that were there before stay, for each answer may be another part of a whole."""
    if len(addresses) <= MOST_ADDRESSES:
        return addresses
    kept = set(sorted(addresses, key=lambda text: text not in before)[:MOST_ADDRESSES])
    return tuple([text for text in addresses if text in kept])


def named(members: Iterable[Member]) -> list[Member]:
    """The members whose name somebody must be asked for."""
    return [member for member in members if member.name and not member.socket and is_name(member.dial_host)]


async def find(host: str, dns: Dns, hosts: HostsFile, switch: Switch) -> tuple[tuple[str, ...], float, float]:
    """The addresses of a name, for how many seconds they count, and what time to live that is said to be (0.0 where
    nobody says one). Raises NoAnswer.
    """
    if switch.reads_files:
        found = hosts.addresses(host)
        if found:
            return in_order(found), OF_FILE, 0.0
    if dns.servers or switch.asks_dns:
        try:
            found, ttl = await dns.addresses(host)
            return found, ttl, ttl
        except NoAnswer as none:
            if not none.definite or not switch.asks_others:
                raise
    return await of_system(host), OF_SYSTEM, 0.0


async def of_system(host: str) -> tuple[str, ...]:
    """What getaddrinfo says, in a thread. Raises NoAnswer."""
    asked = asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    try:
        found = await asyncio.wait_for(asked, SYSTEM_PATIENCE)
    except socket.gaierror as fault:
        raise NoAnswer(fault.strerror or "there is no such name", fault.errno in NOT_THERE) from None
    except TimeoutError:
        raise NoAnswer("the system does not answer", False) from None
    except (OSError, ValueError) as fault:
        raise NoAnswer(str(fault) or type(fault).__name__, False) from None
    addresses = tuple(dict.fromkeys([str(one[4][0]).partition("%")[0] for one in found]))
    if not addresses:
        raise NoAnswer("the name has no address", True)
    return addresses
