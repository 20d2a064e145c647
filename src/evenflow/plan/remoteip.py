"""The client behind proxies in front of us: RemoteIPHeader, as mod_remoteip reads it.

Entries are taken from the end of the field for as long as the one that names them is believed; what was taken is
removed from the field, so a member sees only what was not. Whoever is listed nowhere is believed nothing; where no list
is configured everybody is.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from evenflow.origin import Origin
from evenflow.plan import steps
from evenflow.plan.access import Network
from evenflow.plan.decision import CLIENT, FIELDS, Inquiry

PRIVATE: Final = tuple(
    (int(network.network_address), int(network.netmask))
    for network in map(
        ipaddress.IPv4Network, ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
    )
)
"""What a proxy that is only trusted may not name; of IPv6 all but 2000::/3."""

BOUNDS: Final = (0, 4294967296, 16777216, 65536, 256)
"""What the last number of an IPv4 address is less than, by how many there are. A table, since a compiled shift has 32
bits."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RemoteIp:
    """What one virtual host says. `proxies` are (network, whether it is internal), in file order; None: no list."""

    __slots__ = ("header", "proxies_header", "proxies", "origin")

    def __init__(
        self,
        header: bytes,
        proxies_header: bytes,
        proxies: tuple[tuple[Network, bool], ...] | None,
        origin: Origin,
    ) -> None:
        self.header = header
        self.proxies_header = proxies_header
        """b"" for none"""
        self.proxies = proxies
        self.origin = origin


def find_client(said: RemoteIp, inquiry: Inquiry) -> None:
    """Set the inquiry's address, and the request's field to what is left of it (remoteip_modify_request)."""
    # Whoever has a preamble, too: other connections to the same port may have none.
    inquiry.asked |= CLIENT | FIELDS
    if inquiry.facts.proxied_address or inquiry.facts.spoken_for:
        # A PROXY preamble has the last word.
        return
    value = inquiry.head.get(said.header)
    if value is None:
        return
    client, left, passed = walk(said, inquiry.address, value)
    if client is None:
        return
    head = inquiry.head
    head.replace(said.header, left)
    if passed and said.proxies_header:
        head.replace(said.proxies_header, b", ".join(passed))
    before = inquiry.address
    inquiry.address = client
    if inquiry.trace is not None:
        inquiry.note(steps.CLIENT, said.origin, before, client)
        inquiry.note(steps.FIELD, said.origin, said.header, left or b"")


def walk(said: RemoteIp, peer: bytes, value: bytes) -> tuple[bytes | None, bytes | None, list[bytes]]:
    """(the client or None for the peer itself, what is left of the field or None for nothing, the trusted proxies
    passed on the way)."""
    proxies = said.proxies
    # Without any list everybody is a proxy that is trusted, and nobody is internal.
    internal = proxies is not None
    now = read_address(peer)
    client: bytes | None = None
    left: bytes | None = value
    passed: list[bytes] = []
    while left is not None:
        if proxies is not None:
            listed = listing(proxies, now)
            if listed is None:
                break
            internal = listed
        before, comma, entry = left.rpartition(b",")
        text = entry.strip(b" ")
        found = read_address(text)
        if found is None or (not internal and is_private(found)):
            left = before + comma + entry.rstrip(b" ") if comma else text
            break
        left = before if comma else None
        if not internal:
            passed.append(client if client is not None else peer)
        now = found
        client = str(found).encode("ascii")
    return client, left, passed


def listing(proxies: tuple[tuple[Network, bool], ...], address: Address | None) -> bool | None:
    """Whether the first entry that has this address is internal; None where none has it."""
    if address is None:
        return None
    bits, number = address.max_prefixlen, int(address)
    for network, internal in proxies:
        if network.bits == bits and number & network.mask == network.address:
            return internal
    return None


def is_private(address: Address) -> bool:
    """Whether only an internal proxy may name it."""
    number = int(address)
    if address.version == 6:
        return number >> 125 != 1
    for network, mask in PRIVATE:  # noqa: SIM110  a generator costs a frame
        if number & mask == network:
            return True
    return False


def read_address(text: bytes) -> Address | None:
    """An address in any way that C's getaddrinfo reads numbers; None for everything else. Names are not asked for."""
    if b":" in text:
        try:
            six = ipaddress.IPv6Address(text.decode("ascii"))
        except ValueError:
            return None
        if six.scope_id is not None:
            return None
        return six.ipv4_mapped or six
    parts = text.split(b".")
    if len(parts) > 4:
        return None
    number = 0
    for place, part in enumerate(parts):
        value = read_number(part)
        bound = BOUNDS[len(parts)] if place == len(parts) - 1 else 256
        if value is None or value >= bound:
            return None
        number = number * bound + value
    return ipaddress.IPv4Address(number)


def read_number(digits: bytes) -> int | None:
    """A decimal, octal (0...) or hexadecimal (0x...) number; None for anything else."""
    if not digits or len(digits) > 12 or not digits.isalnum():
        return None
    try:
        if digits[:2].lower() == b"0x":
            return int(digits[2:], 16)
        return int(digits, 8 if digits[:1] == b"0" and len(digits) > 1 else 10)
    except ValueError:
        return None
