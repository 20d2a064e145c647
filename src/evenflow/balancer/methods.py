"""The lbmethods, one row each.

A method is a file of this room, its row here, its name in `config.parameters`, and a test of its distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from evenflow.balancer.bybusyness import bybusyness
from evenflow.balancer.byrequests import byrequests
from evenflow.balancer.bytraffic import bytraffic
from evenflow.balancer.hash import by_hash
from evenflow.balancer.heartbeat import heartbeat
from evenflow.balancer.leastconn import leastconn
from evenflow.balancer.peakewma import peakewma
from evenflow.balancer.turn import Pick, Turn


@dataclass(frozen=True, slots=True)
class Method:
    """One lbmethod. `pick_for` makes what chooses for one balancer and child; most need no making (`plain`)."""

    name: str
    pick_for: Callable[[Turn], Pick]
    summary: str
    keyed: bool = False
    """It looks at `turn.key`."""
    learns: bool = False
    """It must be told how long each attempt took (`outcomes.tell`)."""
    announced: bool = False
    """Its candidates are the usable members that say they are ready, whatever set they are in, standbys and spares too.
    """


def plain(pick: Pick) -> Callable[[Turn], Pick]:
    """For a method that looks at its candidates alone."""

    def pick_for(turn: Turn) -> Pick:
        return pick

    return pick_for


# A running balancer's method is stored as its place in this table: add rows at the end.
METHODS: Final = (
    Method("byrequests", plain(byrequests), "as many requests as the load factors say"),
    Method("bybusyness", plain(bybusyness), "fewest requests in flight"),
    Method("bytraffic", plain(bytraffic), "as many bytes as the load factors say"),
    Method("leastconn", plain(leastconn), "fewest requests and tunnels in flight for the load factor"),
    Method("peakewma", peakewma, "the likely faster one of two drawn by lot", learns=True),
    Method("hash", by_hash, "the same member for the same key, unless it has too much to do", keyed=True),
    Method("heartbeat", heartbeat, "by lot, with the odds that members say of themselves", announced=True),
)
NAMES: Final = tuple(method.name for method in METHODS)


def method(name: str) -> Method:
    """The row of this lbmethod; ValueError for a name that has none."""
    return METHODS[NAMES.index(name)]
