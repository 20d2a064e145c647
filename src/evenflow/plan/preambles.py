"""Which connections begin with a PROXY preamble: RemoteIPProxyProtocol by listening address, and its exceptions."""

from __future__ import annotations

from evenflow.plan.access import Network, contains

Place = tuple[bytes, int]
"""A local address and port; b"" and 0 for every one."""


class Preambles:
    """What a configuration says. Off at an address beats On."""

    __slots__ = ("on", "off", "exceptions")

    def __init__(self, on: tuple[Place, ...], off: tuple[Place, ...], exceptions: tuple[Network, ...]) -> None:
        self.on = on
        self.off = off
        self.exceptions = exceptions
        """Who connects without one."""

    def wanted(self, address: bytes, port: int, peer: bytes) -> bool:
        """Whether a connection from `peer` to this local address begins with one."""
        if not covers(self.on, address, port) or covers(self.off, address, port):
            return False
        return not (self.exceptions and contains(self.exceptions, peer))


def covers(places: tuple[Place, ...], address: bytes, port: int) -> bool:
    """Whether one of them is this local address."""
    return any(host in (b"", address) and number in (0, port) for host, number in places)
