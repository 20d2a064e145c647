"""How many clients one child takes: EvenflowMaxConnections, EvenflowMaxConnectionsPerAddress, and descriptors.

Whoever is not taken for the first bound, or because few descriptors are left, waits in the kernel's queue. A quarter
of all descriptors is kept for what clients cause: connections to members, files, questions. A client's address is the
one at the other end, or what its PROXY preamble says; RemoteIPHeader comes too late for it. Each child counts for
itself, those whose PROXY preamble or ClientHello is awaited do not count yet.

There is no bound on the bytes that a child holds besides these: each connection has its own (`OF_CONNECTION`), so the
child's is that times connections.
"""

from __future__ import annotations

import os
from typing import Any, Final

from evenflow.plan.model import ConnectionFacts

OF_CONNECTION: Final = 458752
"""Bytes of bodies that wait in one HTTP/1.1 connection for a slower side, at most: one read (`server.BUFFER_SIZE`)
towards each side, and of requests to come one more beyond `client_connection.MOST_STASH`."""
RESERVED: Final = 4
"""One in so many descriptors is not for clients."""
FEW: Final = "few descriptors are left: the rest is for members and files"
MANY: Final = "as many clients as EvenflowMaxConnections allows"


class Crowd:
    """`clients` and `http2` are the server's; `room` is how many descriptors there may be."""

    def __init__(self, clients: set[Any], http2: set[Any], most: int, of_address: int, room: int) -> None:
        self.clients = clients
        self.http2 = http2
        self.most = most
        self.of_address = of_address
        self.last = room - room // RESERVED
        """Descriptors from here on are not for clients."""
        self.counts: dict[bytes, int] = {}
        """Connections of each address: at least as many as there are."""
        self.recounted: set[bytes] = set()
        """Addresses that were counted exactly since the last tick."""
        self.near_end = False
        self.pauses = 0
        """How often accepting has stopped."""
        self.turned_away = 0
        """Connections that were closed because their address had too many."""

    def reason_to_wait(self, fd: int) -> str:
        """Why nobody is accepted now; "" where somebody may be. `fd` is any descriptor of ours."""
        if self.near_end:
            try:
                lowest = os.dup(fd)
            except OSError:
                return FEW
            os.close(lowest)
            if lowest >= self.last:
                return FEW
            self.near_end = False
        if self.most and len(self.clients) + len(self.http2) >= self.most and self.connections() >= self.most:
            return MANY
        return ""

    def came(self, fd: int) -> None:
        """A client has this descriptor, the lowest that was free."""
        if fd >= self.last:
            self.near_end = True

    def connections(self) -> int:
        """Client connections; the streams of HTTP/2 are none."""
        found = len(self.http2)
        for client in self.clients:
            if client.fd >= 0:
                found += 1
        return found

    def admits(self, facts: ConnectionFacts) -> bool:
        """Whether this client's address may have one more."""
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
        found = 0
        for one in (*self.clients, *self.http2):
            if one.fd >= 0 and (one.facts.proxied_address or one.facts.remote_address) == address:
                found += 1
        return found

    def tick(self) -> None:
        """Addresses that were turned away may be counted again."""
        self.recounted.clear()

    def forget(self) -> None:
        """Count everybody anew: now and then, so that no address is remembered for ever."""
        if not self.of_address:
            return
        counts: dict[bytes, int] = {}
        for one in (*self.clients, *self.http2):
            if one.fd >= 0:
                address = one.facts.proxied_address or one.facts.remote_address
                counts[address] = counts.get(address, 0) + 1
        self.counts = counts
