"""lbmethod=hash: the same member for the same key, as long as it can be; with a bound on how much each one has to do.

Each member draws a number from the key and its own name, and the one with the best number takes the request (rendezvous
hashing, weighted by load factor). So when a member goes, only its own keys move, and they spread over all others; when
it comes back they return. Nothing is stored, and every child and every restart draws the same. A member that has more
in flight than its share times `load` is passed over for the next best (consistent hashing with bounded loads).

A request without the key is placed as byrequests does.
"""

from __future__ import annotations

from hashlib import blake2b

import cython

from evenflow.balancer.byrequests import byrequests
from evenflow.balancer.turn import Pick, Turn
from evenflow.slotmem.layout import BUSY, FACTOR
from evenflow.slotmem.members import MemberSlot

if not cython.compiled:
    # Compiled, it is the C library's.
    from math import log

MASK = 0xFFFFFFFFFFFFFFFF
FIRST = 0xBF58476D1CE4E5B9
SECOND = 0x94D049BB133111EB
"""Two odd numbers whose bits look random."""


class Hash:
    """The method for one balancer and child."""

    __slots__ = ("turn", "load", "seeds")

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.load = turn.balancer.balancing.hash_by.load
        self.seeds: dict[MemberSlot, int] = {}

    def choose(self, candidates: list[MemberSlot]) -> MemberSlot | None:
        """Choose the member with the best number for the turn's key among those that have room."""
        key = self.turn.key
        if not key:
            return byrequests(candidates)
        hashed = digest(key)
        first = None
        behind = -1.0
        while True:
            best = None
            least = 0.0
            for slot in candidates:
                drawn = lot(hashed, self.seed(slot)) / slot.shared[FACTOR]
                if drawn > behind and (best is None or drawn < least):
                    best = slot
                    least = drawn
            if best is None:
                # Rounding only: somebody always has room.
                return first
            if self.load == 0.0 or self.has_room(best, candidates):
                return best
            if first is None:
                first = best
            behind = least

    def has_room(self, slot: MemberSlot, candidates: list[MemberSlot]) -> bool:
        """Whether it may have one request more: no more than its share of them all, this one included, times `load`."""
        busy = 1
        factors = 0
        for other in candidates:
            busy += other.total(BUSY)
            factors += other.shared[FACTOR]
        return slot.total(BUSY) < self.load * busy * slot.shared[FACTOR] / factors

    def seed(self, slot: MemberSlot) -> int:
        """What stands for the member: made of its name, so that its place in the file does not matter."""
        seed = self.seeds.get(slot)
        if seed is None:
            seed = self.seeds[slot] = digest(slot.member.name)
        return seed


def by_hash(turn: Turn) -> Pick:
    """The method's row calls this."""
    return Hash(turn).choose


def digest(text: bytes) -> int:
    """64 bits of a text that nobody can steer cheaply."""
    return int.from_bytes(blake2b(text, digest_size=8).digest())


def lot(key: int, seed: int) -> float:
    """A number from 0 up, exponentially distributed: divided by the load factor, each is the least with the odds that
    the factors say."""
    mixed = key ^ seed
    mixed = (mixed ^ (mixed >> 30)) * FIRST & MASK
    mixed = (mixed ^ (mixed >> 27)) * SECOND & MASK
    mixed ^= mixed >> 31
    return -log(((mixed >> 11) + 0.5) / 9007199254740992.0)
