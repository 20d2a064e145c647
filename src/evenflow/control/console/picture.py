"""What page and events show of balancers and members at one moment, in words: ready to be printed, not yet escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from evenflow.control.console.words import BAD, GOOD, KINDS, counted, summed_up
from evenflow.control.manager.view import BalancerView, MemberView
from evenflow.control.removal import is_added
from evenflow.slotmem.layout import DISABLED, DRAINING, STOPPED

MOST_SAID: Final = 6
"""So many members of one balancer are named that are not well."""


@dataclass(slots=True)
class MemberPicture:
    """`cells` is everything that changes, by the name of its place on the page."""

    id: str
    view: MemberView
    kind: str
    cells: dict[str, str]
    series: tuple[list[float], ...]
    """Of each kind of `rings.KINDS`."""
    drain: tuple[int, int] | None = None
    """Of a member that drains: sessions (or what was in flight) when it began, and now."""
    acts: tuple[str, ...] = ()
    """What may be done to it now, by `deeds.ACTS`."""

    @property
    def may_go(self) -> bool:
        """Whether it can be removed: it was added while it ran, and stays so far."""
        return is_added(self.view.member) and self.view.slot.goes <= 0.0

    @property
    def events(self) -> dict[str, Any]:
        """What an event says of it."""
        return {"kind": self.kind, "drain": self.drain, "acts": self.acts, **self.cells}

    @property
    def takes(self) -> bool:
        """Whether it takes new sessions."""
        return self.kind == GOOD


@dataclass(slots=True)
class BalancerPicture:
    """`free` is how many members can still be added while it runs."""

    id: str
    view: BalancerView
    members: list[MemberPicture]
    free: int
    cells: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The most urgent kind of its members; bad only where nobody takes requests, or a member is."""
        return min((member.kind for member in self.members), key=KINDS.index, default=BAD)

    @property
    def events(self) -> dict[str, Any]:
        return {"kind": self.kind, **self.cells}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A sentence that somebody on call reads first; `id` is whom it is about."""

    id: str
    kind: str
    text: str


@dataclass(slots=True)
class Picture:
    """What one virtual host's manager shows."""

    at: str
    shape: str
    """Another one means that there are other balancers or members: the page is loaded anew."""
    cells: dict[str, str]
    balancers: list[BalancerPicture]
    troubles: list[Trouble]

    @property
    def events(self) -> dict[str, dict[str, Any]]:
        """All that changes, by the id of its place."""
        found: dict[str, dict[str, Any]] = {"page": {**self.cells, "at": self.at}}
        for balancer in self.balancers:
            found[balancer.id] = balancer.events
            for member in balancer.members:
                found[member.id] = member.events
        return found


def acts_of(view: MemberView) -> tuple[str, ...]:
    """The buttons that make sense."""
    status = view.slot.status
    acts = []
    if status & (DISABLED | STOPPED | DRAINING) or view.slot.error_since:
        acts.append("enable")
    else:
        acts.append("drain")
    if not status & (DISABLED | STOPPED):
        acts.append("disable")
    return tuple(acts)


def troubles_of(balancers: Sequence[BalancerPicture]) -> list[Trouble]:
    """What is wrong, the worst first."""
    dead = [
        Trouble(one.id, BAD, f"balancer://{one.view.name} has no member that can take a request: clients get 503")
        for one in balancers
        if not any(member.view.slot.usable() for member in one.members)
    ]
    return dead + [trouble for one in balancers for trouble in sick_of(one)]


def sick_of(balancer: BalancerPicture) -> list[Trouble]:
    """Its members that are not well, the first of many. What changes every second (when it is tried again) is left out:
    whoever has this read aloud hears it once."""
    sick = [member for member in balancer.members if member.kind == BAD]
    said = [
        Trouble(one.id, BAD, f"{one.view.name} is {one.cells['word']}: {one.cells['why'].partition(';')[0]}")
        for one in (sick if len(sick) <= MOST_SAID else sick[: MOST_SAID - 1])
    ]
    rest = len(sick) - len(said)
    if rest:
        said.append(Trouble(balancer.id, BAD, f"{rest} more members of balancer://{balancer.view.name} are not well"))
    return said


def summary(balancers: Sequence[BalancerPicture]) -> str:
    """`2 balancers, 7 members: 1 in error, 6 serving`."""
    members = [member for one in balancers for member in one.members]
    states = summed_up([one.kind for one in members], [one.cells["word"] for one in members])
    count = f"{counted(len(balancers), 'balancer', 'balancers')}, {counted(len(members), 'member', 'members')}"
    return f"{count}: {states}" if members else count
