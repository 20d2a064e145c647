"""How many clients one child takes: EvenflowMaxConnections, EvenflowMaxConnectionsPerAddress, and descriptors.

Whoever is not taken for the first bound, or because few descriptors are left, waits in the kernel's queue. Each client
that is there counts as two descriptors, as it may want a member at any moment; and when three quarters of all are in
use, for whatever, nobody is let in either: the rest is for files and questions. A client's address is the
one at the other end, or what its PROXY preamble says; RemoteIPHeader comes too late for it. Each child counts for
itself.

Connections to reserved ports count for themselves: they are let in when all others wait.

There is no bound on the bytes that a child holds besides these: each connection has its own (`OF_CONNECTION`), so the
child's is that times connections.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from evenflow.plan.model import ConnectionFacts
from evenflow.serve.scarce import InHand

OF_CONNECTION: Final = 458752
"""Bytes of bodies that wait in one HTTP/1.1 connection for a slower side, at most: one read (`server.BUFFER_SIZE`)
towards each side, and of requests to come one more beyond `client_connection.MOST_STASH`."""
RESERVED: Final = 4
"""One in so many descriptors is not for clients."""
SLACK: Final = 8
"""Descriptors that are opened now and then, beside those that were there at the beginning."""
LEAST: Final = 8
"""Descriptors for clients and members, however few there are."""
FEW: Final = "few descriptors are left: the rest is for members and files"
MANY: Final = "as many clients as EvenflowMaxConnections allows"
MANY_RESERVED: Final = "as many connections as EvenflowReservedPorts allows"


class Awaited(NamedTuple):
    """A connection that is no client yet."""

    by: Any
    """Whoever reads it: `over` says that this has come to an end."""
    facts: ConnectionFacts
    admitted: bool


class Crowd:
    """`clients` and `http2` are the server's; `room` is how many descriptors there may be."""

    def __init__(self, clients: set[Any], http2: set[Any], most: int, of_address: int, room: int) -> None:
        self.clients = clients
        self.http2 = http2
        self.most = most
        self.of_address = of_address
        self.last = room - room // RESERVED
        """Descriptors from here on are not for clients."""
        self.watched = room // 2 - SLACK
        """From here on it is looked at how many are left."""
        self.usable = max(LEAST, room - open_descriptors() - SLACK)
        """So many are there for clients and for members."""
        self.awaited: list[Awaited] = []
        """Connections that are no clients yet; some may be over since the last tick."""
        self.counts: dict[bytes, int] = {}
        """Connections of each address: at least as many as there are."""
        self.recounted: set[bytes] = set()
        """Addresses that were counted exactly since the last tick."""
        self.near_end = False
        self.reserved: frozenset[int] = frozenset()
        """Ports (EvenflowReservedPorts)."""
        self.most_reserved = 0
        self.in_hand = InHand()
        self.pauses = 0
        """How often accepting has stopped."""
        self.turned_away = 0
        """Connections that were closed because their address had too many."""

    def reserve(self, ports: frozenset[int], most: int) -> None:
        """Connections to these ports count for themselves: so many may there be."""
        self.reserved = ports
        self.most_reserved = most
        if ports:
            self.in_hand.gather()

    def open_to_all(self) -> None:
        """Who waits is let in, whatever the bounds."""
        self.most = 0
        self.near_end = False
        self.reserved = frozenset()

    def reason_to_wait(self, fd: int, port: int) -> str:
        """Why nobody is accepted now at `port`; "" where somebody may be. `fd` is any descriptor of ours."""
        if port in self.reserved:
            return MANY_RESERVED if self.connections(True) >= self.most_reserved else ""
        if self.near_end:
            if 2 * len(self.clients) + len(self.http2) + len(self.waiting()) + 2 > self.usable:
                return FEW
            try:
                lowest = os.dup(fd)
            except OSError:
                return FEW
            os.close(lowest)
            if lowest >= self.last:
                return FEW
            self.near_end = lowest >= self.watched
        there = len(self.clients) + len(self.http2) + len(self.awaited)
        if self.most and there >= self.most and self.connections() >= self.most:
            return MANY
        return ""

    def came(self, fd: int) -> None:
        """A client has this descriptor, the lowest that was free."""
        if fd >= self.watched:
            self.near_end = True

    def connections(self, reserved: bool = False) -> int:
        """Client connections, those to reserved ports or the others; the streams of HTTP/2 are none."""
        found = 0
        for client in (*self.clients, *self.http2):
            if client.fd >= 0 and (client.facts.local_port in self.reserved) is reserved:
                found += 1
        for one in self.waiting():
            if (one.facts.local_port in self.reserved) is reserved:
                found += 1
        return found

    def add_awaited(self, awaited: Any, facts: ConnectionFacts, admitted: bool) -> None:
        """A connection whose PROXY preamble or ClientHello has not come: until `awaited` is over it counts. `admitted`:
        its address is known, and counts too."""
        self.awaited.append(Awaited(awaited, facts, admitted))

    def waiting(self) -> list[Awaited]:
        """Those that are not over."""
        if self.awaited:
            self.awaited = [one for one in self.awaited if not one.by.over]
        return self.awaited

    def admits(self, facts: ConnectionFacts) -> bool:
        """Whether this client's address may have one more."""
        if facts.local_port in self.reserved:
            return True
        address = facts.proxied_address or facts.remote_address
        count = self.counts.get(address, 0)
        if count >= self.of_address and address not in self.recounted:
            self.recounted.add(address)
            count = self.count_of(address)
        if count >= self.of_address:
            self.counts[address] = count
            self.turned_away += 1
            return False
        self.counts[address] = count + 1
        return True

    def count_of(self, address: bytes) -> int:
        return sum(one == address for one in self.addresses())

    def addresses(self) -> Iterator[bytes]:
        """Of all connections that count for theirs."""
        for one in (*self.clients, *self.http2):
            if one.fd >= 0 and one.facts.local_port not in self.reserved:
                yield address_of(one.facts)
        for awaited in self.waiting():
            if awaited.admitted and awaited.facts.local_port not in self.reserved:
                yield address_of(awaited.facts)

    def tick(self) -> None:
        """Addresses that were turned away may be counted again."""
        self.recounted.clear()
        self.waiting()
        if self.reserved and not self.near_end:
            self.in_hand.gather()

    def forget(self) -> None:
        """Count everybody anew: now and then, so that no address is remembered for ever."""
        if not self.of_address:
            return
        counts: dict[bytes, int] = {}
        for address in self.addresses():
            counts[address] = counts.get(address, 0) + 1
        self.counts = counts


def address_of(facts: ConnectionFacts) -> bytes:
    """The client's, as far as this counts."""
    return facts.proxied_address or facts.remote_address


def open_descriptors() -> int:
    """How many this process has now."""
    try:
        return len(os.listdir("/dev/fd"))
    except OSError:
        lowest = os.eventfd(0, os.EFD_CLOEXEC)
        os.close(lowest)
        return lowest
