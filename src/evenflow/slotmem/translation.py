"""A scoreboard of another version, whose cells stand elsewhere: read and written by their names.

What its children write is brought here (`pull`) whenever the supervisor looks, and the little that a supervisor tells
children of before is brought there (`push`). A cell that one side does not know stays zero here and untouched there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from evenflow.slotmem import layout
from evenflow.slotmem.layout import Layout
from evenflow.slotmem.measured import BOUNDS, STAGES
from evenflow.slotmem.region import Memory, Region

ONE: Final = 1
ADDRESS: Final = (
    layout.SERIAL, layout.CHECKSUM, layout.LEFT_AT, layout.ANSWER, layout.COUNT, layout.LEARNED, layout.TTL, layout.DUE,
    layout.CAUSE, layout.ADDRESSES,
)  # fmt: skip
CELLS: Final[dict[str, dict[str, int]]] = {
    "child": {
        **dict.fromkeys(("PID", "GENERATION", "STATE", "REQUESTS", "CONNECTIONS", "TUNNELS", "STARTED", "BEAT"), ONE),
        **dict.fromkeys(("IN_FLIGHT", "BODY_BYTES", "SPANS_SENT", "SPANS_LEFT_OUT", "SPANS_REFUSED"), ONE),
        "LIMITED": layout.LIMITS_KEPT,
    },
    "member": {
        **dict.fromkeys(("STATUS", "FACTOR", "LBSET", "ERROR_SINCE", "RECOVERED", "GOES", "READY", "LEAVE_BY"), ONE),
        **dict.fromkeys(("ROUTE", "REDIRECT"), layout.TEXT_CELLS),
        "URL": layout.URL_CELLS,
    },
    "balancer": {
        **dict.fromkeys(("CHANGES", "RESTARTS", "METHOD", "ATTEMPTS", "NOFAILOVER", "TIMEOUT"), ONE),
        "NONCE": 2,
        **dict.fromkeys(("STICKY_COOKIE", "STICKY_PATH"), layout.TEXT_CELLS),
    },
    "own": {
        **dict.fromkeys(("OWED", "BUSY", "ELECTED", "SENT", "RECEIVED", "RETRIES", "TUNNELLED", "LATENCY"), ONE),
        **dict.fromkeys(("LATENCY_AT", "OUTCOMES", "FAULTS", "WAITED", "EJECTED_UNTIL", "EJECTIONS"), ONE),
    },
    "measured": {f"{BOUNDS} {STAGES}": layout.MEASURED_CELLS},
    "address": {f"{ADDRESS} {layout.MOST_ADDRESSES} {layout.NOT_FOUND}": layout.ADDRESS_CELLS},
}
"""How many cells each name has, by the kind of row. The last two are one thing each, whose name is what it means."""


def cells() -> dict[str, dict[str, list[int]]]:
    """Where each name stands in its row, and in how many cells."""
    return {
        kind: {name: [getattr(layout, name, 0), count] for name, count in names.items()}
        for kind, names in CELLS.items()
    }


def rows(of: Layout) -> dict[str, list[int]]:
    """Of each kind of row: where the first begins, how many cells one has, and how many there are. What belongs to a
    child and something else is in the order of children.
    """
    return {
        "child": [of.child(0), layout.CHILD_CELLS, of.rows],
        "member": [of.member(0), layout.MEMBER_CELLS, of.members],
        "balancer": [of.balancer(0), layout.BALANCER_CELLS, of.balancers],
        "own": [of.own(0, 0), layout.OWN_CELLS, of.rows * of.members],
        "measured": [of.measure(0, 0), layout.MEASURED_CELLS, of.rows * of.measured],
        "address": [of.address(0), layout.ADDRESS_CELLS, of.members],
    }


def placing(of: Layout) -> dict[str, Any]:
    """All of that, and how many cells there are together."""
    return {"size": of.cells, "cells": cells(), "rows": rows(of)}


def strange_name(theirs: dict[str, dict[str, list[int]]]) -> str:
    """The name of a cell that has another size there, as it means something else then; "" where all is well."""
    for kind, names in cells().items():
        for name, (_, count) in names.items():
            there = theirs.get(kind, {}).get(name)
            if there is not None and there[1] != count:
                return name
    return ""


class Translation:
    """Between the memory that is `there`, where cells stand as `said` by `placing`, and the region `here`, laid out as
    `of` says.
    """

    def __init__(self, said: dict[str, Any], there: Memory, here: Region, of: Layout) -> None:
        self.said = said
        self.memory = there
        self.there = Region(said["size"], there).ints
        self.here = here.ints
        self.children = of.children
        self.names = cells()
        self.rows = rows(of)
        self.all = merged([piece for kind in self.names for piece in self.pieces(kind, self.names[kind])])
        """Runs of cells: (where there, where here, how many)."""
        self.leaving = self.pieces("member", ["LEAVE_BY"])
        members = of.members
        self.of_children = [
            self.pieces("child", self.names["child"], [child])
            + self.pieces("own", self.names["own"], range(child * members, (child + 1) * members))
            for child in range(of.children)
        ]
        self.pids = self.pieces("child", ["PID"])

    def pieces(
        self, kind: str, names: Iterable[str], indices: Iterable[int] | None = None
    ) -> list[tuple[int, int, int]]:
        """The cells of these names that both sides know, in rows with these indices; in all unless said."""
        begin, step, count = self.rows[kind]
        told_begin, told_step, told_count = self.said["rows"].get(kind, (0, 0, 0))
        told = self.said["cells"].get(kind, {})
        if told_count != count:
            return []
        found = []
        for index in range(count) if indices is None else indices:
            for name in names:
                at, size = self.names[kind][name]
                if name in told and told[name][1] == size:
                    found.append((told_begin + index * told_step + told[name][0], begin + index * step + at, size))
        return found

    def pull(self) -> None:
        """Here is what is there."""
        for there, at, size in self.all:
            self.here[at : at + size] = self.there[there : there + size]

    def push(self) -> None:
        """There is what the supervisor has said here: when members are to be empty, and which children are dead. Nobody
        else writes these cells.
        """
        for there, at, _ in self.leaving:
            if self.there[there] != self.here[at]:
                self.there[there] = self.here[at]
        for child in range(self.children):
            there, at, _ = self.pids[child]
            if self.there[there] and not self.here[at]:
                for there, at, size in self.of_children[child]:
                    self.there[there : there + size] = self.here[at : at + size]


def merged(pieces: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """The same cells in as few runs as can be."""
    found: list[tuple[int, int, int]] = []
    for there, at, size in sorted(pieces):
        if found and (found[-1][0] + found[-1][2], found[-1][1] + found[-1][2]) == (there, at):
            found[-1] = (found[-1][0], found[-1][1], found[-1][2] + size)
        else:
            found.append((there, at, size))
    return found


def named(kind: str, row: Sequence[int]) -> dict[str, list[int]]:
    """A row's numbers by their names, for `numbered`."""
    return {name: list(row[at : at + size]) for name, (at, size) in cells()[kind].items()}


def numbered(kind: str, told: dict[str, list[int]], size: int) -> list[int]:
    """A row of that size; what is not told is zero."""
    row = [0] * size
    for name, (at, count) in cells()[kind].items():
        if len(told.get(name, ())) == count:
            row[at : at + count] = told[name]
    return row
