"""Require: may this client have that?

The lines of one section count as RequireAny; where nothing is required everybody may. What a line needs to know is
marked on the inquiry, so that only answers that hold for everybody are remembered.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from evenflow.origin import Origin
from evenflow.plan import steps
from evenflow.plan.decision import CLIENT, Inquiry

ALL_GRANTED: Final = 1
ALL_DENIED: Final = 2
LOCAL: Final = 3
IP: Final = 4
ENV: Final = 5
METHOD: Final = 6
TLS: Final = 7


class Network:
    """A range of addresses: packed address and mask, as integers of `bits` bits."""

    __slots__ = ("bits", "address", "mask")

    def __init__(self, bits: int, address: int, mask: int) -> None:
        self.bits = bits
        self.address = address & mask
        self.mask = mask


class Require:
    """One line. `words` are its names (variables, methods), `networks` its addresses."""

    __slots__ = ("provider", "words", "networks", "origin")

    def __init__(self, provider: int, words: frozenset[bytes], networks: tuple[Network, ...], origin: Origin) -> None:
        self.provider = provider
        self.words = words
        self.networks = networks
        self.origin = origin


LOOPBACK: Final = (Network(32, 0x7F000000, 0xFF000000), Network(128, 1, (1 << 128) - 1))


def allowed(requires: tuple[object, ...] | None, inquiry: Inquiry) -> bool:
    """Whether one line at least holds."""
    if requires is None:
        return True
    for require in requires:
        assert isinstance(require, Require)
        if holds(require, inquiry):
            if inquiry.trace is not None:
                inquiry.note(steps.ACCESS, require.origin, inquiry.address, b"granted")
            return True
        if inquiry.trace is not None:
            inquiry.note(steps.ACCESS, require.origin, inquiry.address, b"neutral")
    return False


def holds(require: Require, inquiry: Inquiry) -> bool:
    """Whether this line holds."""
    provider = require.provider
    if provider == ALL_GRANTED:
        return True
    if provider == ALL_DENIED:
        return False
    facts = inquiry.facts
    if provider == METHOD:
        return inquiry.head.method in require.words
    if provider == ENV:
        for word in require.words:  # noqa: SIM110  a generator costs a frame
            if word in inquiry.env:
                return True
        return False
    if provider == TLS:
        return facts.tls
    inquiry.asked |= CLIENT
    if provider == LOCAL:
        return contains(LOOPBACK, inquiry.address) or inquiry.address == facts.local_address
    return contains(require.networks, inquiry.address)


def contains(networks: tuple[Network, ...], address: bytes) -> bool:
    """Whether an address (as text) is in one of the networks; IPv4 in IPv6 counts as IPv4."""
    try:
        parsed = ipaddress.ip_address(address.decode("latin-1"))
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = parsed.max_prefixlen
    number = int(parsed)
    for network in networks:  # noqa: SIM110  a generator costs a frame
        if network.bits == bits and number & network.mask == network.address:
            return True
    return False
