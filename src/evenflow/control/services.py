"""Members that the DNS names (EvenflowMembersFrom): targets come and go, and rows of the scoreboard with them.

This is the watchdog's work. A new target gets a free row and is enabled; one that is named no more drains: it keeps its
sessions for a while, then it is disabled, and when nothing is in flight there its row is free again. Priorities become
lbsets and weights load factors. Who cannot be asked, or says that there is nobody, changes nothing: an empty answer
must not end a service that works.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Sequence
from time import monotonic
from typing import Final

from evenflow.balancer.added import settle
from evenflow.compiler.findings import Refused
from evenflow.compiler.identity import read_url
from evenflow.control.removal import LOOK, give_back, rests
from evenflow.plan.model import Balancer, Member, Plan
from evenflow.plan.services import Service
from evenflow.serve.dns_questions import Dns, NoAnswer, Target
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.addresses import is_name
from evenflow.slotmem.layout import BUSY, DISABLED, DRAINING, NAMED, RESTART_AT_ZERO, TEXT_LIMIT, URL_LIMIT
from evenflow.slotmem.scoreboard import Scoreboard

LEAST: Final = 1.0
"""Seconds that every answer counts, whatever its time to live."""
LONGEST_PAUSE: Final = 5.0
"""Seconds until a service is asked for again that came to nothing; it begins with LEAST and doubles."""
HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
MOST_SETS: Final = 100
MOST_FACTOR: Final = 100.0


class Followed:
    """One service, and the rows that are kept for its targets."""

    def __init__(self, balancer: Balancer, service: Service, rows: Sequence[Member]) -> None:
        self.balancer = balancer
        self.service = service
        self.rows = rows
        self.failures = 0
        self.applied: dict[bytes, tuple[int, int, bytes]] = {}
        """Factor, lbset and route as they were said last, by the target's URL: the manager may have changed them."""


class Services:
    """All services of one generation, until cancelled."""

    def __init__(self, plan: Plan, scoreboard: Scoreboard, log: ErrorLog, dns: Dns | None = None) -> None:
        self.scoreboard = scoreboard
        self.log = log
        self.dns = dns or Dns(plan.name_servers)
        self.followed = followed_of(plan)

    async def run(self) -> None:
        """Follow each in its own time."""
        await asyncio.gather(*[self.follow(one) for one in self.followed])

    async def follow(self, one: Followed) -> None:
        while True:
            again = monotonic() + await self.ask(one)
            while monotonic() < again:
                self.look_after_leaving(one, monotonic())
                await asyncio.sleep(min(LOOK, max(0.0, again - monotonic())))

    async def ask(self, one: Followed) -> float:
        """One question, and what follows from its answer; seconds until the next."""
        try:
            targets, ttl = await self.dns.targets(one.service.name)
        except NoAnswer as none:
            one.failures += 1
            if one.failures == 1:
                self.log.warn(
                    "a service names no members: those that it has named stay",
                    f"service {one.service.name}",
                    service=one.service.name,
                    cause=none.cause,
                    origin=one.service.origin,
                )
            return min(LONGEST_PAUSE, LEAST * 2.0 ** min(one.failures - 1, 10))
        one.failures = 0
        self.apply(one, targets, monotonic())
        return max(LEAST, ttl) * random.uniform(0.9, 1.0)

    def apply(self, one: Followed, targets: Sequence[Target], now: float) -> None:
        """These are the targets now."""
        settle((one.balancer,), self.scoreboard)
        wanted = self.usable(one, targets)
        there = {member.name: member for member in one.rows if member.name}
        if not wanted:
            self.log.warn(
                "a service names no member that can be asked: those that it has named stay",
                f"service {one.service.name}",
                service=one.service.name,
                origin=one.service.origin,
            )
            return
        for url, member in there.items():
            if url not in wanted:
                self.leave(one, member, now)
        said = settings_of(one.service, wanted)
        for url in wanted:
            if url in there and self.scoreboard.address(there[url].slot).left_at == 0.0:
                # A program before us knew it, and left no more than its URL.
                self.take_row(one, there[url], url, said[url])
            elif url in there:
                self.stay(one, there[url], said[url])
            else:
                self.join(one, url, said[url], now)
        one.applied = said

    def usable(self, one: Followed, targets: Sequence[Target]) -> dict[bytes, Target]:
        """Those that can be members, by their URLs; no more than there are rows, and those first that are members."""
        configured = {member.name for member in one.balancer.members}
        found: dict[bytes, Target] = {}
        for target in targets:
            url = url_of(one.service, target)
            if url is None:
                self.log.warn(
                    "a service names what cannot be a member",
                    f"target {one.service.name} {target.host}",
                    service=one.service.name,
                    target=f"{target.host}:{target.port}",
                    origin=one.service.origin,
                )
            elif url not in configured:
                found.setdefault(url, target)
        if len(found) > one.service.most:
            self.log.warn(
                "a service names more members than `most` lets in",
                f"most {one.service.name}",
                service=one.service.name,
                targets=len(found),
                most=one.service.most,
                origin=one.service.origin,
            )
            there = {member.name for member in one.rows}
            kept = sorted(found, key=lambda url: url not in there)[: one.service.most]
            found = {url: target for url, target in found.items() if url in kept}
        return found

    def join(self, one: Followed, url: bytes, said: tuple[int, int, bytes], now: float) -> None:
        """A new target becomes a member, if there is a row for it."""
        free = [row for row in one.rows if not row.name and not rests(self.scoreboard.member(row.slot, 0), now)]
        shown = url.decode("latin-1")
        if not free or free[0].blocked:
            self.log.warn(
                "a member that a service names is left out: " + ("ProxyRemote is said" if free else "no row is free"),
                f"join {shown}",
                member=shown,
                service=one.service.name,
                most=one.service.most,
                origin=one.service.origin,
            )
            return
        self.take_row(one, free[0], url, said)

    def take_row(self, one: Followed, member: Member, url: bytes, said: tuple[int, int, bytes]) -> None:
        """The row is this target's from now on."""
        slot = self.scoreboard.member(member.slot, 0)
        slot.factor, slot.lbset = said[0], said[1]
        slot.name_route(said[2])
        slot.error_since = 0.0
        slot.recovered = 0.0
        slot.leave_by = slot.goes = 0.0
        slot.status = 0
        self.scoreboard.address(member.slot).left_at = NAMED
        slot.url = url
        settle((one.balancer,), self.scoreboard)
        self.scoreboard.balancer(one.balancer.index).restart(RESTART_AT_ZERO)
        self.tell("a member has come", one, member)

    def stay(self, one: Followed, member: Member, said: tuple[int, int, bytes]) -> None:
        """A member is named on, or again."""
        slot = self.scoreboard.member(member.slot, 0)
        row = self.scoreboard.address(member.slot)
        if row.left_at > 0.0:
            slot.set_status(DRAINING, False)
            slot.set_status(DISABLED, False)
            slot.leave_by = 0.0
            self.scoreboard.balancer(one.balancer.index).restart(RESTART_AT_ZERO)
            self.tell("a member has come back", one, member)
        row.left_at = NAMED
        before = one.applied.get(member.name)
        if before is not None and before != said:
            slot.factor, slot.lbset = said[0], said[1]
            slot.name_route(said[2])
            self.scoreboard.balancer(one.balancer.index).changed()

    def leave(self, one: Followed, member: Member, now: float) -> None:
        """A member is named no more."""
        row = self.scoreboard.address(member.slot)
        if row.left_at > 0.0:
            return
        slot = self.scoreboard.member(member.slot, 0)
        row.left_at = now
        slot.leave_by = now + one.service.drain
        slot.set_status(DRAINING, True)
        self.scoreboard.balancer(one.balancer.index).changed()
        self.tell("a member drains: its service does not name it any more", one, member)

    def look_after_leaving(self, one: Followed, now: float) -> None:
        """Disable those whose time is over, and free the rows of those where nothing is in flight any more."""
        for member in one.rows:
            row = self.scoreboard.address(member.slot)
            if not member.name or row.left_at <= 0.0 or now < row.left_at + one.service.drain:
                continue
            slot = self.scoreboard.member(member.slot, 0)
            if not slot.status & DISABLED:
                slot.set_status(DISABLED, True)
                self.scoreboard.balancer(one.balancer.index).changed()
            elif slot.total(BUSY) == 0:
                self.tell("a member has left", one, member)
                give_back(one.balancer, member, self.scoreboard, now)

    def tell(self, words: str, one: Followed, member: Member) -> None:
        name = member.name.decode("latin-1")
        self.log.notice(
            words,
            f"{words} {name}",
            balancer=one.balancer.name.decode("latin-1"),
            member=name,
            service=one.service.name,
            origin=one.service.origin,
        )


def followed_of(plan: Plan) -> list[Followed]:
    """The services of a plan, each with its rows."""
    found: dict[int, Followed] = {}
    for balancer in plan.balancers:
        for member in balancer.spares:
            if member.service is not None:
                key = id(member.service)
                if key not in found:
                    found[key] = Followed(balancer, member.service, [])
                found[key].rows = (*found[key].rows, member)
    return list(found.values())


def url_of(service: Service, target: Target) -> bytes | None:
    """A target's URL; None for what a member cannot be called."""
    if not HOST.fullmatch(target.host) or not is_name(target.host):
        return None
    try:
        name = read_url(f"{service.scheme}://{target.host}:{target.port}").name
    except Refused:
        return None
    return name.encode("ascii") if len(name) <= URL_LIMIT else None


def settings_of(service: Service, targets: dict[bytes, Target]) -> dict[bytes, tuple[int, int, bytes]]:
    """Factor (a hundredfold), lbset and route of each. Priorities count by their order, weights by their proportion;
    a weight of 0 is the least share there is.
    """
    ranks = sorted({target.priority for target in targets.values()})
    most = max([target.weight for target in targets.values()], default=0)
    scale = MOST_FACTOR / most if most > MOST_FACTOR else 1.0
    said = {}
    for url, target in targets.items():
        factor = max(1.0, target.weight * scale)
        if most == 0:
            factor = 1.0
        route = service.route_of(target.host, target.port).encode("latin-1", "replace")[:TEXT_LIMIT]
        said[url] = round(factor * 100), min(MOST_SETS - 1, ranks.index(target.priority)), route
    return said
