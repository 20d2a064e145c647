"""A scoreboard whose cells stand elsewhere is read and written by their names."""

from __future__ import annotations

from typing import Any

import pytest

from evenflow.slotmem import bequest, layout, translation
from evenflow.slotmem.adoption import adopt
from evenflow.slotmem.layout import BUSY, DRAINING, ELECTED, Layout
from evenflow.slotmem.region import Region
from evenflow.slotmem.scoreboard import Scoreboard
from tests.balancer.cluster import Cluster, member

NO_CELLS = {
    # Sizes, limits, numbers that stand in a cell, and names within what is one thing as a whole.
    *("TEXT_CELLS", "TEXT_LIMIT", "URL_CELLS", "URL_LIMIT", "LIMITS_KEPT", "STAMPS", "MOST_ADDRESSES"),
    *(f"{kind}_CELLS" for kind in ("CHILD", "MEMBER", "BALANCER", "OWN", "MEASURED", "ADDRESS")),
    *("DISABLED", "STOPPED", "IGNORE_ERRORS", "STANDBY", "SPARE", "DRAINING", "CHECK_FAILED", "UNUSABLE"),
    *("RESTART_AT_ZERO", "RESTART_AT_FACTOR", "UNKNOWN", "FOUND", "NOT_FOUND"),
    *("BUCKETS", "MICROSECONDS", "ERRORS", "REPEATED", "PASSED_OVER", "SERVER_ERRORS", "STATUSES", "BODIES"),
    *("SERIAL", "CHECKSUM", "LEFT_AT", "ANSWER", "COUNT", "LEARNED", "TTL", "DUE", "CAUSE", "ADDRESSES"),
}


def test_every_cell_has_its_place() -> None:
    """Whoever adds a cell says in which row it is."""
    named = {name for names in translation.CELLS.values() for name in names}
    numbers = {name for name, value in vars(layout).items() if name.isupper() and isinstance(value, int)}
    assert numbers - NO_CELLS == {name for name in named if name.isidentifier()}


def test_no_cell_is_told_twice_and_all_are_within_their_row() -> None:
    placed = translation.placing(Layout(2, 3, 2, 4))
    for kind, names in placed["cells"].items():
        taken = [cell for at, size in names.values() for cell in range(at, at + size)]
        assert len(taken) == len(set(taken)) and max(taken) < placed["rows"][kind][1]
    ends = [begin + step * count for begin, step, count in placed["rows"].values()]
    assert max(ends) == placed["size"]


class Other:
    """The same scoreboard as another version lays it out: the kinds and the cells the other way round, with a cell that
    nobody else knows, and without one that we have.
    """

    def __init__(self, board: Scoreboard) -> None:
        placed = translation.placing(board.layout)
        self.cells: dict[str, dict[str, list[int]]] = {}
        self.rows: dict[str, list[int]] = {}
        begin = 3
        for kind, names in reversed(placed["cells"].items()):
            at = 0
            self.cells[kind] = {}
            sizes = {name: size for name, (_, size) in names.items() if name != "RETRIES"}
            for name, size in reversed([*sizes.items(), ("UNHEARD_OF", 2)]):
                self.cells[kind][name] = [at, size]
                at += size
            self.rows[kind] = [begin, at + 1, placed["rows"][kind][2]]
            begin += (at + 1) * placed["rows"][kind][2]
        self.region = Region(begin)
        for kind, names in placed["cells"].items():
            for index in range(placed["rows"][kind][2]):
                for name, (at, size) in names.items():
                    if name != "RETRIES":
                        here = placed["rows"][kind][0] + index * placed["rows"][kind][1] + at
                        there = self.at(kind, index, name)
                        self.region.ints[there : there + size] = board.region.ints[here : here + size]
        self.told = bequest.describe(board)
        self.told.update(memory=self.region.memory.descriptor, size=begin, cells=self.cells, rows=self.rows)

    def at(self, kind: str, index: int, name: str) -> int:
        return self.rows[kind][0] + index * self.rows[kind][1] + self.cells[kind][name][0]


def furnished() -> Cluster:
    old = Cluster(member(route=b"n1"), member(route=b"n2"), children=2, sticky_cookie=b"A")
    old.slots[0].set_status(DRAINING, True)
    old.slots[1].factor = 700
    old.slots[1].error_since = 3.5
    old.slots[1].name_route(b"other")
    old.scoreboard.balancer(0).maxattempts = 7
    for child in range(2):
        row = old.scoreboard.child(child)
        row.begin(4711 + child, 3, 1.5)
        row.tunnels = 5 + child
        for index in range(2):
            at = old.scoreboard.layout.own(child, index)
            old.scoreboard.region.ints[at + ELECTED] = 10 * child + index
            old.scoreboard.region.ints[at + BUSY] = 1
    return old


def test_what_is_there_is_known_here() -> None:
    old = furnished()
    other = Other(old.scoreboard)
    board = bequest.take_up(other.told, {})
    assert board.translation is not None
    new = Cluster(member(route=b"n1"), member(route=b"n2"), sticky_cookie=b"A", children=2)
    adopt(new.scoreboard, board)
    for slot in new.slots:
        slot.read_texts()
    assert [slot.status for slot in new.slots] == [DRAINING, 0]
    assert (new.slots[1].factor, new.slots[1].error_since, new.slots[1].route) == (700, 3.5, b"other")
    assert new.scoreboard.balancer(0).maxattempts == 7
    assert new.scoreboard.balancer(0).nonce == old.scoreboard.balancer(0).nonce
    assert [(board.child(child).pid, board.child(child).tunnels) for child in range(2)] == [(4711, 5), (4712, 6)]
    assert board.member(1, 0).total(ELECTED) == 1 + 11


def test_what_its_children_write_is_seen_at_the_next_look() -> None:
    other = Other(furnished().scoreboard)
    board = bequest.take_up(other.told, {})
    other.region.ints[other.at("child", 1, "TUNNELS")] = 2
    assert board.child(1).tunnels == 6
    board.translation.pull()
    assert board.child(1).tunnels == 2


def test_its_children_hear_of_deadlines_and_the_dead_hold_nothing() -> None:
    other = Other(furnished().scoreboard)
    board = bequest.take_up(other.told, {})
    board.member(1, 0).leave_by = 9.5
    board.bury(1)
    other.region.ints[other.at("child", 0, "TUNNELS")] = 44
    unheard = other.at("child", 1, "UNHEARD_OF")
    other.region.ints[unheard] = 8
    board.translation.push()
    assert other.region.floats[other.at("member", 1, "LEAVE_BY")] == 9.5
    assert other.region.ints[other.at("child", 1, "PID")] == 0
    assert [other.region.ints[other.at("own", 2 + index, "BUSY")] for index in range(2)] == [0, 0]
    # What it had counted stays, who lives is not touched, and neither is what nobody here knows.
    assert other.region.ints[other.at("own", 3, "ELECTED")] == 11
    assert other.region.ints[other.at("child", 0, "TUNNELS")] == 44
    assert other.region.ints[unheard] == 8
    board.translation.pull()
    assert board.member(1, 0).leave_by == 9.5 and board.child(1).pid == 0


def test_it_is_handed_on_as_it_is() -> None:
    """The program after next reads the same memory by the same names."""
    other = Other(furnished().scoreboard)
    board = bequest.take_up(other.told, {})
    told = bequest.describe(board)
    assert (told["size"], told["cells"], told["rows"]) == (other.told["size"], other.cells, other.rows)
    again = bequest.take_up(told, {})
    assert again.child(1).tunnels == 6


@pytest.mark.parametrize(("kind", "name"), [("member", "URL"), ("balancer", "NONCE")])
def test_a_cell_of_another_size_is_strange(kind: str, name: str) -> None:
    told: dict[str, Any] = translation.cells()
    assert translation.strange_name(told) == ""
    told[kind][name][1] += 1
    assert translation.strange_name(told) == name


def test_counts_are_told_by_name() -> None:
    row = list(range(layout.OWN_CELLS))
    told = translation.named("own", row)
    assert told["ELECTED"] == [ELECTED]
    again = translation.numbered("own", told, layout.OWN_CELLS)
    assert again[ELECTED] == ELECTED and again[7] == 0
    assert translation.numbered("own", {"SENT": [1, 2]}, layout.OWN_CELLS) == [0] * layout.OWN_CELLS
