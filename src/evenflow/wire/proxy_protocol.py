"""The PROXY preamble, versions 1 and 2: what a proxy in front says of the client before its first byte.

Stateless: `read_preamble` looks at all bytes that came so far and says how many belong to the preamble, whether it is
whole, or that it is none. No byte behind a preamble is ever asked for before it is whole, so a caller may take what it
was shown. Source: haproxy's proxy-protocol.txt; which kinds are refused is mod_remoteip's.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from evenflow.wire.faults import ProtocolFault

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
"""How version 2 begins."""

MOST_LINE: Final = 108
"""Bytes of a version 1 line, its CR LF included (httpd's buffer; the specification says 107)."""

MOST_BINARY: Final = 4096
"""Bytes of a version 2 preamble: addresses, and certificates and the like in TLVs."""

FAMILIES: Final = {0x11: 4, 0x21: 16}
"""Version 2: TCP over IPv4 and IPv6, and how long their addresses are."""


class Preamble:
    """A whole preamble of `size` bytes. `address` is b"" where it speaks for the proxy itself (LOCAL)."""

    __slots__ = ("size", "address", "port")

    def __init__(self, size: int, address: bytes, port: int) -> None:
        self.size = size
        self.address = address
        self.port = port


def read_preamble(data: bytes) -> Preamble | None:
    """The preamble that `data` begins with; None while it is incomplete, and then all of `data` belongs to it.

    Raises ProtocolFault for anything else.
    """
    if data[:1] == b"P":
        return read_line(data)
    if not SIGNATURE.startswith(data[: len(SIGNATURE)]):
        raise ProtocolFault("the connection begins without a PROXY preamble", 400)
    return read_binary(data)


def read_line(data: bytes) -> Preamble | None:
    """Version 1: `PROXY TCP4 client server port port`."""
    begin = b"PROXY "
    if not begin.startswith(data[: len(begin)]):
        raise ProtocolFault("the connection begins without a PROXY preamble", 400)
    end = data.find(b"\r\n", 0, MOST_LINE)
    if end < 0:
        if len(data) >= MOST_LINE:
            raise ProtocolFault("the PROXY line does not end", 400)
        return None
    words = [word for word in data[:end].split(b" ") if word]
    if len(words) < 5 or words[0] != b"PROXY":
        raise ProtocolFault("the PROXY line has too few words", 400)
    family, client, port = words[1], words[2], words[4]
    if family == b"TCP4":
        kind: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address] = ipaddress.IPv4Address
    elif family == b"TCP6":
        kind = ipaddress.IPv6Address
    else:
        raise ProtocolFault("the PROXY line speaks neither of TCP4 nor of TCP6", 400)
    try:
        address = kind(client.decode("ascii"))
    except ValueError:
        raise ProtocolFault("the PROXY line has no client address of its family", 400) from None
    if not port.isdigit() or len(port) > 5 or int(port) > 65535:
        raise ProtocolFault("the PROXY line has no client port", 400)
    return Preamble(end + 2, written(address), int(port))


def read_binary(data: bytes) -> Preamble | None:
    """Version 2; what stands behind the addresses (TLVs) is not looked at."""
    if len(data) < 16:
        return None
    command, family = data[12], data[13]
    size = 16 + int.from_bytes(data[14:16], "big")
    if command not in (0x20, 0x21):
        raise ProtocolFault("a PROXY preamble of another version, or with another command than LOCAL and PROXY", 400)
    if size > MOST_BINARY:
        raise ProtocolFault(f"a PROXY preamble of more than {MOST_BINARY} bytes", 400)
    length = 0
    if command == 0x21:
        length = FAMILIES.get(family, 0)
        if not length:
            raise ProtocolFault("a PROXY preamble for something else than TCP over IPv4 or IPv6", 400)
        if size < 16 + 2 * length + 4:
            raise ProtocolFault("a PROXY preamble too short for its addresses", 400)
    if len(data) < size:
        return None
    if not length:
        return Preamble(size, b"", 0)
    at = 16 + 2 * length
    port = int.from_bytes(data[at : at + 2], "big")
    return Preamble(size, written(ipaddress.ip_address(data[16 : 16 + length])), port)


def written(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    """An address as we write clients' addresses; no zone, and IPv4 in IPv6 clothes without them."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise ProtocolFault("the PROXY line has an address with a zone", 400)
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
    return str(address).encode("ascii")
