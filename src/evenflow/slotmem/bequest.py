"""A scoreboard for another program that goes on with the same memory (`evenflow upgrade`): described, and found again.

What is described is a table for JSON; memory and tokens are named by their descriptors, which the other program
inherits. It has no plan of them, only what the configuration said of members and balancers then: enough to adopt what
they know, to count what their children hold, and to bury these.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Final

from evenflow.slotmem import layout, tokens
from evenflow.slotmem.adoption import Ancestry
from evenflow.slotmem.keeping import BALANCER_SAYS, MEMBER_SAYS, facts, wire
from evenflow.slotmem.members import place_of
from evenflow.slotmem.region import CELL, Memory, Region
from evenflow.slotmem.scoreboard import Scoreboard, layout_for
from evenflow.slotmem.sessions import HEAD_CELLS, KEPT, SAMPLES, SINCE, STEPS, SessionTable, cells_for
from evenflow.slotmem.tokens import Tokens
from evenflow.slotmem.translation import Translation, named, numbered, placing, strange_name

SESSIONS: Final = [layout.STAMPS, STEPS, HEAD_CELLS, SINCE, KEPT, SAMPLES, place_of(b"session")]
"""Two programs that agree on it mean the same by a table's bytes and cells."""
LASTING_SAYS: Final = (*BALANCER_SAYS, "persist")


class Strange(ValueError):
    """What was described cannot be found again; the text says why."""


def table() -> dict[str, Any]:
    """What cannot be translated and must be the same in both programs."""
    return {
        "bits": [[letter.decode(), bit] for letter, bit in layout.STATUS_BITS],
        "tokens": [tokens.PLACES, tokens.ROW, tokens.HELD, tokens.WAITING, tokens.SINCE, tokens.ABSORBED],
    }


def obstacle(told: dict[str, Any], boards: Sequence[dict[str, Any]]) -> str:
    """Why this program cannot go on with scoreboards that are described so, under that `table`; "" where it can."""
    own = table()
    for name, what in (("bits", "states of members"), ("tokens", "tokens of members")):
        if told[name] != own[name]:
            return f"{what} are other numbers there"
    strange = {strange_name(board["cells"]) for board in boards} - {""}
    if strange:
        return f"`{min(strange)}` is something else there"
    untold = {
        name
        for board in boards
        for kind, names in (("members", MEMBER_SAYS), ("balancers", LASTING_SAYS))
        for one in board[kind]
        for name in names
        if name not in one
    }
    return f"nothing is told of `{min(untold)}`" if untold else ""


def memory_of(board: Scoreboard) -> Memory:
    """Where the children of this scoreboard write."""
    return board.translation.memory if board.translation is not None else board.region.memory


def describe(board: Scoreboard) -> dict[str, Any]:
    """All that `take_up` needs."""
    places = {id(balancer): index for index, balancer in enumerate(board.balancers)}
    return {
        "memory": memory_of(board).descriptor,
        **(board.translation.said if board.translation is not None else placing(board.layout)),
        "children": board.children,
        "balancers": [facts(one, LASTING_SAYS) for one in board.balancers],
        "members": [{"balancer": places.get(id(one.balancer)), **facts(one, MEMBER_SAYS)} for one in board.members],
        "hosts": [as_json(host.server_name) for host in board.hosts],
        "dead": named("child", board.dead),
        "sessions": describe_sessions(board),
        "tokens": [
            {"member": index, "limit": one.limit, "count": one.fd, "memory": one.region.memory.descriptor}
            for index, one in board.tokens.items()
        ],
    }


def descriptors_of(told: dict[str, Any]) -> list[int]:
    """Those that the other program must inherit; -1 among them where there is none to be had."""
    tables = {one["memory"] for one in told["sessions"]["tables"]}
    return [told["memory"], *tables, *[one[name] for one in told["tokens"] for name in ("count", "memory")]]


def take_up(told: dict[str, Any], shared: dict[int, Tokens], regions: dict[int, Region] | None = None) -> Scoreboard:
    """The scoreboard that was described, with copies of its descriptors; one of another version is translated. `shared`
    are the tokens that were found before, by their descriptor: generations have them in common; and so it is with the
    `regions` of sessions. Raises Strange.
    """
    balancers = [SimpleNamespace(**wire(one), index=index) for index, one in enumerate(told["balancers"])]
    members = []
    for one in told["members"]:
        said = wire(one)
        place = said.pop("balancer")
        members.append(SimpleNamespace(**said, balancer=None if place is None else balancers[place]))
    hosts = [SimpleNamespace(index=index, server_name=from_json(name)) for index, name in enumerate(told["hosts"])]
    check_size(told)
    there = Memory(os.dup(told["memory"]))
    said = {name: told[name] for name in ("size", "cells", "rows")}
    own = layout_for(told["children"], len(members), len(balancers), len(hosts))
    if said == placing(own):
        board = Scoreboard(members, balancers, told["children"], hosts, there)
    else:
        board = Scoreboard(members, balancers, told["children"], hosts, Memory(-1))
        board.translation = Translation(said, there, board.region, own)
        board.translation.pull()
    board.dead = numbered("child", told["dead"], layout.CHILD_CELLS)
    for one in told["tokens"]:
        if one["count"] not in shared:
            shared[one["count"]] = Tokens(one["limit"], os.dup(one["count"]), Memory(os.dup(one["memory"])))
        board.tokens[one["member"]] = shared[one["count"]]
    # A program that counted none, or had another table, told of none.
    take_up_sessions(board, told.get("sessions", {}), {} if regions is None else regions)
    return board


def describe_sessions(board: Scoreboard) -> dict[str, Any]:
    """The tables of sessions, as far as another program can find them."""
    tables = [
        {"member": index, "size": one.size, "idle": one.idle, "at": one.at, "memory": one.region.memory.descriptor}
        for index, one in board.sessions.items()
    ]
    return {"kind": SESSIONS, "tables": [one for one in tables if one["memory"] >= 0]}


def take_up_sessions(board: Scoreboard, told: dict[str, Any], regions: dict[int, Region]) -> None:
    """The same tables, the children's and ours. Where they are of another kind, or do not fit, sessions count anew."""
    if told.get("kind") != SESSIONS:
        return
    for one in told["tables"]:
        descriptor = one["memory"]
        if descriptor not in regions:
            regions[descriptor] = Region(os.fstat(descriptor).st_size // CELL, Memory(os.dup(descriptor)))
        region = regions[descriptor]
        if one["size"] & (one["size"] - 1) == 0 and one["at"] + cells_for(one["size"]) <= len(region.ints):
            board.sessions[one["member"]] = SessionTable(one["size"], one["idle"], region, one["at"])


def check_size(told: dict[str, Any]) -> None:
    """Raise Strange where the memory does not hold what was described: to read behind its end would kill us."""
    try:
        size = os.fstat(told["memory"]).st_size
    except OSError as fault:
        raise Strange(f"the scoreboard's memory was not handed on: {fault.strerror}") from None
    ends = [begin + step * count for begin, step, count in told["rows"].values()]
    ends.append(told["size"])
    wanted = max(ends)
    if size < wanted * CELL:
        raise Strange(f"the scoreboard has {size // CELL} cells, and not {wanted}")


def describe_ancestry(ancestry: Ancestry) -> dict[str, Any]:
    """What those had counted who are gone."""
    return {
        "members": [[as_json(key), named("own", counts)] for key, counts in ancestry.members.items()],
        "measured": [[as_json(key), named("measured", counts)] for key, counts in ancestry.measured.items()],
        "children": named("child", ancestry.children),
    }


def take_up_ancestry(told: dict[str, Any], living: Sequence[Scoreboard]) -> Ancestry:
    """The same again; `living` are the scoreboards of those that still finish something."""
    found = Ancestry()
    found.living = list(living)
    found.members = {from_json(key): numbered("own", counts, layout.OWN_CELLS) for key, counts in told["members"]}
    found.measured = {
        from_json(key): numbered("measured", counts, layout.MEASURED_CELLS) for key, counts in told["measured"]
    }
    found.children = numbered("child", told["children"], layout.CHILD_CELLS)
    return found


def as_json(value: Any) -> Any:
    """A key as JSON can hold it; `from_json` knows it again."""
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    return [as_json(one) for one in value] if isinstance(value, tuple) else value


def from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return value["bytes"].encode("latin-1")
    return tuple([from_json(one) for one in value]) if isinstance(value, list) else value
