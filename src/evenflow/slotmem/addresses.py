"""What a member's name leads to: a row of each member that the watchdog writes and everybody reads.

It holds the addresses in the order in which they are tried, when they came and how long they count. A reader sees a
whole answer or none: a checksum covers the row and the name that it is for, so neither a change that is under way nor
the answer for a name that the member does not have any more is ever taken.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from struct import Struct
from typing import Final
from zlib import crc32

from evenflow.slotmem.layout import (
    ADDRESS_CELLS,
    ADDRESSES,
    ANSWER,
    CAUSE,
    CHECKSUM,
    COUNT,
    DUE,
    LEARNED,
    LEFT_AT,
    MOST_ADDRESSES,
    SERIAL,
    TTL,
    UNKNOWN,
    Layout,
)
from evenflow.slotmem.region import CELL, Region
from evenflow.slotmem.texts import write_text

PACKED: Final = 16
"""Bytes of an address."""
CHECK: Final = Struct("=q")
FACTS: Final = Struct("=qqddd")
"""ANSWER, COUNT, LEARNED, TTL, DUE."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`addresses` as texts; times are seconds of CLOCK_MONOTONIC, `ttl` is a duration."""

    state: int = UNKNOWN
    """UNKNOWN, FOUND, or NOT_FOUND: it was asked for, and there is none."""
    addresses: tuple[str, ...] = ()
    learned: float = 0.0
    ttl: float = 0.0
    due: float = 0.0
    """When it is asked for again."""
    cause: str = ""
    """Why there is none; with addresses, why they could not be asked for again."""


NOTHING: Final = Answer()


class AddressRow:
    """The row of one member. `write` is the watchdog's."""

    __slots__ = ("cells", "floats", "_region", "_at")

    def __init__(self, region: Region, layout: Layout, index: int) -> None:
        at = layout.address(index)
        self.cells: memoryview[int] = region.ints[at : at + ADDRESS_CELLS]
        self.floats: memoryview[float] = region.floats[at : at + ADDRESS_CELLS]
        self._region = region
        self._at = at

    @property
    def serial(self) -> int:
        """Another one after each change."""
        return self.cells[SERIAL]

    @property
    def left_at(self) -> float:
        """When its service stopped to name the member; NAMED while it does, 0.0 for members that no service names."""
        return self.floats[LEFT_AT]

    @left_at.setter
    def left_at(self, when: float) -> None:
        self.floats[LEFT_AT] = when

    def write(self, host: str, answer: Answer) -> None:
        """The answer for this name; addresses beyond MOST_ADDRESSES are left out."""
        kept = answer.addresses[:MOST_ADDRESSES]
        self.cells[ANSWER] = answer.state
        self.cells[COUNT] = len(kept)
        self.floats[LEARNED] = answer.learned
        self.floats[TTL] = answer.ttl
        self.floats[DUE] = answer.due
        write_text(self._region, self._at + CAUSE, answer.cause.encode("utf-8", "replace"))
        packed = b"".join([pack(text) for text in kept])
        begin = (self._at + ADDRESSES) * CELL
        self._region.bytes[begin : begin + MOST_ADDRESSES * PACKED] = packed.ljust(MOST_ADDRESSES * PACKED, b"\0")
        self.cells[CHECKSUM] = checksum(self._bytes(), host)
        self.cells[SERIAL] += 1

    def read(self, host: str) -> Answer:
        """The answer for this name; NOTHING where there is none, or where it is just being written."""
        data = self._bytes()
        if CHECK.unpack_from(data)[0] != checksum(data, host):
            return NOTHING
        state, count, learned, ttl, due = FACTS.unpack_from(data, (ANSWER - CHECKSUM) * CELL)
        cause = data[(CAUSE - CHECKSUM) * CELL : (ADDRESSES - CHECKSUM) * CELL].partition(b"\0")[0]
        packed = data[(ADDRESSES - CHECKSUM) * CELL :]
        found = [unpack(packed[at * PACKED : (at + 1) * PACKED]) for at in range(count)]
        return Answer(state, tuple(found), learned, ttl, due, cause.decode("utf-8", "replace"))

    def adopt(self, before: AddressRow) -> None:
        """Take over the row of the same member in the generation before."""
        self.cells[:] = before.cells

    def _bytes(self) -> bytes:
        """All cells from CHECKSUM on, at one moment."""
        return bytes(self._region.bytes[(self._at + CHECKSUM) * CELL : (self._at + ADDRESS_CELLS) * CELL])


def checksum(data: bytes, host: str) -> int:
    """Of what `AddressRow._bytes` gave, for this name. Never 0, which an empty row has."""
    return crc32(data[(ANSWER - CHECKSUM) * CELL :], crc32(host.encode("utf-8", "surrogateescape"))) + 1


def pack(text: str) -> bytes:
    """An address as sixteen bytes."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed


def unpack(packed: bytes) -> str:
    """The text of it."""
    address = ipaddress.IPv6Address(packed)
    return str(address.ipv4_mapped or address)


def is_name(host: str) -> bool:
    """Whether somebody must be asked for the address."""
    if not host:
        return False
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False

