"""What one generation's scoreboard takes over from the one before it, and how both are counted together.

A member is the same when its balancer's name and its own name are, each counted where names repeat. What was changed
while it ran stays, unless the configuration itself says something else now; httpd forgets it. Errors are known on, and
the children's bookkeeping goes on where it was.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from operator import add
from typing import Any, Final

from evenflow.slotmem.balancers import BalancerSlot
from evenflow.slotmem.layout import (
    CHILD_CELLS,
    CHILD_COUNTED,
    CONNECTIONS,
    DISABLED,
    DRAINING,
    ELECTED,
    HELD,
    IN_FLIGHT,
    MEASURED_CELLS,
    OWN_CELLS,
    RECEIVED,
    SENT,
    STATUS_BITS,
    TUNNELS,
)
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard

COUNTED: Final = (ELECTED, SENT, RECEIVED)
"""Cells of an `own` row that only rise: they outlive who counted."""
CHILD_HELD: Final = (CONNECTIONS, TUNNELS, IN_FLIGHT)


def member_keys(scoreboard: Scoreboard) -> list[Hashable]:
    """What tells each member from all others, over generations."""
    owners = {id(balancer): key for balancer, key in zip(scoreboard.balancers, balancer_keys(scoreboard), strict=True)}
    # A row of a service may be another's by now than when this process looked last: the URL in it says whose.
    names = [scoreboard.member(index, 0).url or member.name for index, member in enumerate(scoreboard.members)]
    return numbered(
        [(owners.get(id(member.balancer)), name) for member, name in zip(scoreboard.members, names, strict=True)]
    )


def balancer_keys(scoreboard: Scoreboard) -> list[Hashable]:
    """What tells each balancer from all others: virtual hosts may have some of one name."""
    return numbered([balancer.name for balancer in scoreboard.balancers])


def numbered(names: Sequence[Hashable]) -> list[Hashable]:
    """Each name with how often it stood before."""
    seen: dict[Hashable, int] = {}
    found: list[Hashable] = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        found.append((name, count))
    return found


def adopt(new: Scoreboard, old: Scoreboard) -> None:
    """Take over what `old` knows of the members and balancers that `new` has too. Nobody uses `new` yet."""
    new.past().started = old.past().started
    adopt_added(new, old)
    places = {key: index for index, key in enumerate(member_keys(old))}
    for index, key in enumerate(member_keys(new)):
        if key in places:
            adopt_member(new, index, old, places[key])
    balancers = {key: index for index, key in enumerate(balancer_keys(old))}
    for index, key in enumerate(balancer_keys(new)):
        if key in balancers:
            was = balancers[key]
            adopt_balancer(new.balancer(index), new.balancers[index], old.balancer(was), old.balancers[was])


def adopt_added(new: Scoreboard, old: Scoreboard) -> None:
    """Give the members that were added while it ran their rows, as far as there are free ones. One that the file names
    now is not needed: the line is it."""
    known = set(member_keys(new))
    owners = {id(balancer): key for balancer, key in zip(new.balancers, balancer_keys(new), strict=True)}
    # Targets of a service go into rows that are kept for them, and nobody else does.
    free: dict[Hashable, list[int]] = {}
    for index, member in enumerate(new.members):
        if not member.name:
            of_service = getattr(member, "service", None) is not None
            free.setdefault((owners.get(id(member.balancer)), of_service), []).append(index)
    # Who is being taken away must not take somebody else's.
    keys = sorted(enumerate(member_keys(old)), key=lambda one: old.member(one[0], 0).goes > 0.0)
    for index, key in keys:
        url = old.member(index, 0).url
        of_service = old.address(index).left_at != 0.0
        rows = free.get((key[0][0], of_service)) if url else None  # type: ignore[index]
        if rows and key not in known:
            new.member(rows.pop(0), 0).url = url


def adopt_member(new: Scoreboard, index: int, old: Scoreboard, was: int) -> None:
    """One member's settings that were changed, its error, and what each child owes it."""
    slot, before = new.member(index, 0), old.member(was, 0)
    said, had = new.members[index], old.members[was]
    goes = before.goes > 0.0
    if goes and not said.name:
        adopt_going(new, index, before)
    for letter, bit in STATUS_BITS:
        if goes and said.name and bit in (DISABLED, DRAINING):
            # A line names it now: it stays.
            continue
        if (letter in said.status) == (letter in had.status):
            slot.set_status(bit, bool(before.status & bit))
    if (b"E" in said.status) == (b"E" in had.status):
        slot.error_since = before.error_since
        slot.recovered = before.recovered
    if said.loadfactor == had.loadfactor:
        slot.factor = before.factor
    if said.lbset == had.lbset:
        slot.lbset = before.lbset
    slot.leave_by = 0.0 if goes and said.name else before.leave_by
    new.address(index).adopt(old.address(was))
    slot.ready = before.ready
    before.read_texts()
    if said.route == had.route:
        slot.name_route(before.route)
    if said.redirect == had.redirect:
        slot.name_redirect(before.redirect)
    for child in range(min(new.layout.children, old.layout.children)):
        to, here = new.layout.own(child, index), old.layout.own(child, was)
        for cell in range(OWN_CELLS):
            if cell not in COUNTED and cell not in HELD:
                new.region.ints[to + cell] = old.region.ints[here + cell]


def adopt_going(new: Scoreboard, index: int, before: MemberSlot) -> None:
    """A member that is being taken away goes on to go. What it has in flight is known before anybody looks."""
    new.member(index, 0).goes = before.goes
    at = new.layout.own(new.layout.children, index)
    for cell in HELD:
        new.region.ints[at + cell] = before.total(cell)


def adopt_balancer(slot: BalancerSlot, said: Any, before: BalancerSlot, had: Any) -> None:
    """One balancer's settings that were changed, and its nonce, so that forms that are open stay good."""
    slot.nonce = before.nonce
    if said.lbmethod == had.lbmethod:
        slot.method = before.method
    if said.maxattempts == had.maxattempts:
        slot.maxattempts = before.maxattempts
    if said.nofailover == had.nofailover:
        slot.nofailover = before.nofailover
    if said.timeout == had.timeout:
        slot.timeout = before.timeout
    if (said.sticky_cookie, said.sticky_path) == (had.sticky_cookie, had.sticky_path):
        slot.sticky_cookie = before.sticky_cookie
        slot.sticky_path = before.sticky_path


class Ancestry:
    """The generations before the serving one: those that still finish something, and what the others had counted."""

    def __init__(self) -> None:
        self.living: list[Scoreboard] = []
        self.members: dict[Hashable, list[int]] = {}
        """What those had counted of each member who are gone; likewise the next two."""
        self.measured: dict[Hashable, list[int]] = {}
        self.children = [0] * CHILD_CELLS

    def retire(self, old: Scoreboard) -> None:
        """`old` serves no more, but its children may finish something."""
        self.living.append(old)

    def end(self, old: Scoreboard) -> None:
        """The last child of `old` is gone."""
        self.living.remove(old)
        for key, counts in self._of_members(old, COUNTED).items():
            self._add(self.members, key, counts)
        for key, counts in measured_sums(old).items():
            self._add(self.measured, key, counts)
        for cell, count in enumerate(children_sum(old, CHILD_COUNTED)):
            self.children[cell] += count

    def write(self, serving: Scoreboard) -> None:
        """Bring the rows of PAST up to date; what `bury` counted there of the serving generation's own dead stays."""
        found = {key: list(counts) for key, counts in self.members.items()}
        for old in self.living:
            for key, counts in self._of_members(old, COUNTED + HELD).items():
                self._add(found, key, counts)
        past = serving.layout.children
        for index, key in enumerate(member_keys(serving)):
            if key in found:
                at = serving.layout.own(past, index)
                for cell in COUNTED + HELD:
                    serving.region.ints[at + cell] = found[key][cell]
        self._write_measured(serving)
        self._write_children(serving)

    def _write_measured(self, serving: Scoreboard) -> None:
        found = {key: list(counts) for key, counts in self.measured.items()}
        for old in self.living:
            for key, counts in measured_sums(old).items():
                self._add(found, key, counts)
        for index, key in enumerate(measured_keys(serving)):
            if key in found:
                at = serving.layout.measure(serving.layout.children, index)
                for cell, count in enumerate(found[key]):
                    serving.region.ints[at + cell] = count

    def _write_children(self, serving: Scoreboard) -> None:
        sums = list(self.children)
        for old in self.living:
            for cell, count in enumerate(children_sum(old, CHILD_COUNTED + CHILD_HELD)):
                sums[cell] += count
        row = serving.past().counts
        for cell in CHILD_COUNTED + CHILD_HELD:
            row[cell] = sums[cell] + serving.dead[cell]

    def _of_members(self, old: Scoreboard, cells: tuple[int, ...]) -> dict[Hashable, list[int]]:
        """What the children of one generation counted themselves, by member."""
        found: dict[Hashable, list[int]] = {}
        for index, key in enumerate(member_keys(old)):
            counts = [0] * OWN_CELLS
            for child in range(old.layout.children):
                at = old.layout.own(child, index)
                for cell in cells:
                    counts[cell] += old.region.ints[at + cell]
            found[key] = counts
        return found

    @staticmethod
    def _add(to: dict[Hashable, list[int]], key: Hashable, counts: list[int]) -> None:
        known = to.setdefault(key, [0] * len(counts))
        for cell, count in enumerate(counts):
            known[cell] += count


def measured_keys(scoreboard: Scoreboard) -> list[Hashable]:
    """What tells each measured row from all others, over generations."""
    return [*member_keys(scoreboard), *numbered([("host", host.server_name) for host in scoreboard.hosts])]


def measured_sums(scoreboard: Scoreboard) -> dict[Hashable, list[int]]:
    """What the children of one generation measured, the dead ones too: their rows stay."""
    found: dict[Hashable, list[int]] = {}
    for index, key in enumerate(measured_keys(scoreboard)):
        counts = measured_sum(scoreboard, index, scoreboard.layout.children)
        # Most members of a large configuration were never asked.
        if any(counts):
            found[key] = counts
    return found


def measured_sum(scoreboard: Scoreboard, index: int, rows: int) -> list[int]:
    """What the first so many rows measured of one thing."""
    layout, cells = scoreboard.layout, scoreboard.region.ints
    counts = [0] * MEASURED_CELLS
    for row in range(rows):
        at = layout.measure(row, index)
        measured = cells[at : at + MEASURED_CELLS].tolist()
        if any(measured):
            counts = list(map(add, counts, measured))
    return counts


def children_sum(scoreboard: Scoreboard, cells: tuple[int, ...]) -> list[int]:
    """What the children of one generation counted, those that died meanwhile included."""
    sums = [0] * CHILD_CELLS
    for cell in cells:
        sums[cell] = scoreboard.dead[cell]
        for child in range(scoreboard.layout.children):
            sums[cell] += scoreboard.child(child).counts[cell]
    return sums
