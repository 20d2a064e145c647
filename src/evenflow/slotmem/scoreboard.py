"""All shared numbers of one generation: made by the supervisor before it forks, read and written through slots.

It lays out the region and fills in what the configuration says; afterwards it only hands out views.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import urandom
from typing import Any, Protocol

from evenflow.slotmem.addresses import AddressRow
from evenflow.slotmem.balancers import NONCE_SIZE, BalancerSlot
from evenflow.slotmem.children import ChildSlot
from evenflow.slotmem.layout import (
    CHILD_CELLS,
    CHILD_COUNTED,
    HELD,
    LONG_AGO,
    MEASURED_CELLS,
    OWN_CELLS,
    STATUS_BITS,
    Layout,
)
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.region import Memory, Region


class MemberFacts(Protocol):
    """What is read of a configured member; `plan.model.Member` has it.

    `balancer` is its balancer, None for a member of its own.
    """

    name: bytes
    balancer: Any

    route: bytes
    redirect: bytes
    loadfactor: int
    lbset: int
    status: bytes
    retry: float


class BalancerFacts(Protocol):
    """What is read of a configured balancer; `plan.model.Balancer` has it."""

    name: bytes
    lbmethod: str
    persist: bool
    sticky_cookie: bytes
    sticky_path: bytes
    nofailover: bool
    maxattempts: int
    timeout: float


class HostFacts(Protocol):
    """What is read of a virtual host; `plan.model.VirtualHost` has it."""

    index: int
    server_name: bytes


def layout_for(children: int, members: int, balancers: int, hosts: int) -> Layout:
    """Of a scoreboard of so many."""
    return Layout(children, members, balancers, members + hosts)


class Scoreboard:
    """The region with its layout, for `children` processes.

    `members[i]` must be the member with slot i, `balancers[i]` the balancer with index i, as a plan has them. Where
    somebody asks for measures, `hosts` are the virtual hosts, `hosts[i]` that with index i; else there are none.
    `memory` is that of a scoreboard which is in use: nothing is filled in then.
    """

    __slots__ = (
        "region", "layout", "members", "balancers", "hosts", "dead", "tokens", "sessions", "translation", "place"
    )  # fmt: skip

    def __init__(
        self,
        members: Sequence[MemberFacts],
        balancers: Sequence[BalancerFacts],
        children: int,
        hosts: Sequence[HostFacts] = (),
        memory: Memory | None = None,
    ) -> None:
        self.members = tuple(members)
        self.balancers = tuple(balancers)
        self.hosts = tuple(hosts)
        self.layout = layout_for(children, len(members), len(balancers), len(hosts))
        self.region = Region(self.layout.cells, memory)
        self.dead = [0] * CHILD_CELLS
        """The supervisor's own: what children counted that have died (`bury`)."""
        self.tokens: dict[int, Any] = {}
        """The `tokens.Tokens` of members that say `max`, by the member's index."""
        self.sessions: dict[int, Any] = {}
        """The `sessions.SessionTable` of members whose sessions are counted, by the member's index."""
        self.translation: Any = None
        """The `translation.Translation` behind one whose children another version has forked; None for all others."""
        self.place = 0
        """This process's among those that hold tokens: said behind the fork."""
        if memory is not None:
            return
        for index, member in enumerate(members):
            self._configure_member(self.member(index, 0), member)
        for index, balancer in enumerate(balancers):
            self._configure_balancer(self.balancer(index), balancer)

    @property
    def children(self) -> int:
        return self.layout.children

    def child(self, child: int) -> ChildSlot:
        """The row of one child. Indices count from 0; one out of range raises IndexError, as everywhere here."""
        self._check(child, self.layout.children)
        return ChildSlot(self.region, self.layout, child)

    def member(self, index: int, child: int) -> MemberSlot:
        """One member as one child sees it: make it once and keep it."""
        self._check(index, self.layout.members)
        self._check(child, self.layout.children)
        return MemberSlot(self.region, self.layout, self.members[index], index, child, self.sessions.get(index))

    def address(self, index: int) -> AddressRow:
        """What one member's name leads to."""
        self._check(index, self.layout.members)
        return AddressRow(self.region, self.layout, index)

    def past(self) -> ChildSlot:
        """The row of everybody who is not of this generation, or dead."""
        return ChildSlot(self.region, self.layout, self.layout.children)

    def balancer(self, index: int) -> BalancerSlot:
        """The row of one balancer."""
        self._check(index, self.layout.balancers)
        return BalancerSlot(self.region, self.layout, index)

    def measured_member(self, index: int, child: int) -> memoryview[int]:
        """What a child measures of a member."""
        return self._measured(child, index)

    def measured_host(self, index: int, child: int) -> memoryview[int]:
        """What a child measures of a virtual host, where somebody asks."""
        return self._measured(child, self.layout.members + index)

    def _measured(self, child: int, index: int) -> memoryview[int]:
        self._check(index, self.layout.measured)
        self._check(child, self.layout.rows)
        at = self.layout.measure(child, index)
        return self.region.ints[at : at + MEASURED_CELLS]

    def bury(self, child: int) -> None:
        """The supervisor's, once the child is dead: vacate its row, and nothing is in flight there any more.

        What it owed and counted of members stays: its successor takes it over. What it answered goes to PAST.
        """
        row, past = self.child(child), self.past()
        for cell in CHILD_COUNTED:
            self.dead[cell] += row.counts[cell]
            past.counts[cell] += row.counts[cell]
        row.clear()
        for index in range(self.layout.members):
            for cell in HELD:
                self.region.ints[self.layout.own(child, index) + cell] = 0

    def clear_member(self, index: int) -> None:
        """Nobody uses the member any more: what was counted of it is forgotten, and it is as it was configured."""
        slot = self.member(index, 0)
        for child in range(self.layout.rows):
            at = self.layout.own(child, index)
            for cell in range(OWN_CELLS):
                self.region.ints[at + cell] = 0
            at = self.layout.measure(child, index)
            for cell in range(MEASURED_CELLS):
                self.region.ints[at + cell] = 0
        slot.recovered = slot.leave_by = 0.0
        slot.ready = 0
        self._configure_member(slot, self.members[index])

    def _check(self, index: int, size: int) -> None:
        if not 0 <= index < size:
            raise IndexError(f"no row {index}: there are {size}")

    def _configure_member(self, slot: MemberSlot, member: Any) -> None:
        slot.status = sum(bit for letter, bit in STATUS_BITS if letter in member.status)
        slot.error_since = LONG_AGO if b"E" in member.status else 0.0
        slot.factor = member.loadfactor
        slot.lbset = member.lbset
        slot.name_route(member.route)
        slot.name_redirect(member.redirect)

    def _configure_balancer(self, slot: BalancerSlot, balancer: BalancerFacts) -> None:
        slot.nonce = urandom(NONCE_SIZE)
        slot.maxattempts = balancer.maxattempts
        slot.nofailover = balancer.nofailover
        slot.timeout = balancer.timeout
        slot.sticky_cookie = balancer.sticky_cookie
        slot.sticky_path = balancer.sticky_path
