"""One balancer's row: what it is told to be while it runs, and that it was told something new.

The manager writes it; every child compares one number at each choice and reads the rest when that number rose.
"""

from __future__ import annotations

from evenflow.slotmem.layout import (
    ATTEMPTS,
    BALANCER_CELLS,
    CHANGES,
    METHOD,
    NOFAILOVER,
    NONCE,
    RESTARTS,
    STICKY_COOKIE,
    STICKY_PATH,
    TIMEOUT,
    Layout,
)
from evenflow.slotmem.region import CELL, Region
from evenflow.slotmem.texts import read_text, write_text

NONCE_SIZE = 16


class BalancerSlot:
    """Cells of one balancer. Whoever sets something here or in a member calls `changed` or `restart` afterwards."""

    __slots__ = ("cells", "_floats", "_region", "_at")

    def __init__(self, region: Region, layout: Layout, index: int) -> None:
        at = layout.balancer(index)
        self.cells: memoryview[int] = region.ints[at : at + BALANCER_CELLS]
        """The row itself, for `cells[CHANGES]` on the hot path."""
        self._floats: memoryview[float] = region.floats[at : at + BALANCER_CELLS]
        self._region = region
        self._at = at

    def changed(self) -> None:
        """Tell all children to read everything anew at their next choice."""
        self.cells[CHANGES] += 1

    def restart(self, how: int) -> None:
        """Tell all children to begin their bookkeeping anew (RESTART_AT_*) and to read everything anew."""
        self.cells[RESTARTS] = (self.cells[RESTARTS] // 2 + 1) * 2 + how
        self.changed()

    @property
    def nonce(self) -> bytes:
        """Sixteen bytes that nobody can guess, the same in all children, for the manager's forms."""
        begin = (self._at + NONCE) * CELL
        return bytes(self._region.bytes[begin : begin + NONCE_SIZE])

    @nonce.setter
    def nonce(self, random: bytes) -> None:
        begin = (self._at + NONCE) * CELL
        self._region.bytes[begin : begin + NONCE_SIZE] = random

    @property
    def restarts(self) -> int:
        return self.cells[RESTARTS]

    @property
    def method(self) -> int:
        """The lbmethod the manager chose: its place in the table of methods, from 1; 0 for the configured one."""
        return self.cells[METHOD]

    @method.setter
    def method(self, place: int) -> None:
        self.cells[METHOD] = place

    @property
    def maxattempts(self) -> int:
        return self.cells[ATTEMPTS]

    @maxattempts.setter
    def maxattempts(self, number: int) -> None:
        self.cells[ATTEMPTS] = number

    @property
    def nofailover(self) -> bool:
        return self.cells[NOFAILOVER] != 0

    @nofailover.setter
    def nofailover(self, wanted: bool) -> None:
        self.cells[NOFAILOVER] = int(wanted)

    @property
    def timeout(self) -> float:
        """Seconds to wait for a member; 0.0 for not at all."""
        return self._floats[TIMEOUT]

    @timeout.setter
    def timeout(self, seconds: float) -> None:
        self._floats[TIMEOUT] = seconds

    @property
    def sticky_cookie(self) -> bytes:
        """b"" where the balancer is not sticky."""
        return read_text(self._region, self._at + STICKY_COOKIE)

    @sticky_cookie.setter
    def sticky_cookie(self, name: bytes) -> None:
        write_text(self._region, self._at + STICKY_COOKIE, name)

    @property
    def sticky_path(self) -> bytes:
        """The name in the URL."""
        return read_text(self._region, self._at + STICKY_PATH)

    @sticky_path.setter
    def sticky_path(self, name: bytes) -> None:
        write_text(self._region, self._at + STICKY_PATH, name)
