"""The lbmethods, one row each. `heartbeat` is none of them: the compiler refuses it when it loads the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from evenflow.balancer.bybusyness import bybusyness
from evenflow.balancer.byrequests import byrequests
from evenflow.balancer.bytraffic import bytraffic
from evenflow.slotmem.members import MemberSlot


@dataclass(frozen=True, slots=True)
class Method:
    """One lbmethod: it takes the candidates in configuration order and returns one, None only if there are none."""

    name: str
    choose: Callable[[list[MemberSlot]], MemberSlot | None]
    summary: str


# A running balancer's method is stored as its place in this table: add rows at the end.
METHODS: Final = (
    Method("byrequests", byrequests, "as many requests as the load factors say"),
    Method("bybusyness", bybusyness, "fewest requests in flight"),
    Method("bytraffic", bytraffic, "as many bytes as the load factors say"),
)
NAMES: Final = tuple(method.name for method in METHODS)


def method(name: str) -> Method:
    """The row of this lbmethod; ValueError for a name that has none."""
    return METHODS[NAMES.index(name)]
