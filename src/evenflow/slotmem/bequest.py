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
from evenflow.slotmem.region import CELL, Memory
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.tokens import Tokens

LASTING_SAYS: Final = (*BALANCER_SAYS, "persist")


class Strange(ValueError):
    """What was described cannot be found again; the text says why."""


def table() -> dict[str, Any]:
    """Where each number stands, by its name: both programs must mean the same cell."""
    return {
        **numbers_of(layout),
        **{f"tokens.{name}": number for name, number in numbers_of(tokens).items()},
        "bits": [[letter.decode(), bit] for letter, bit in layout.STATUS_BITS],
    }


def numbers_of(module: Any) -> dict[str, int]:
    return {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, int)}


def describe(board: Scoreboard) -> dict[str, Any]:
    """All that `take_up` needs."""
    places = {id(balancer): index for index, balancer in enumerate(board.balancers)}
    return {
        "memory": board.region.memory.descriptor,
        "children": board.children,
        "balancers": [facts(one, LASTING_SAYS) for one in board.balancers],
        "members": [{"balancer": places.get(id(one.balancer)), **facts(one, MEMBER_SAYS)} for one in board.members],
        "hosts": [as_json(host.server_name) for host in board.hosts],
        "dead": list(board.dead),
        "tokens": [
            {"member": index, "limit": one.limit, "count": one.fd, "memory": one.region.memory.descriptor}
            for index, one in board.tokens.items()
        ],
    }


def descriptors_of(told: dict[str, Any]) -> list[int]:
    """Those that the other program must inherit; -1 among them where there is none to be had."""
    return [told["memory"], *[one[name] for one in told["tokens"] for name in ("count", "memory")]]


def take_up(told: dict[str, Any], shared: dict[int, Tokens]) -> Scoreboard:
    """The scoreboard that was described, with copies of its descriptors. `shared` are the tokens that were found
    before, by their descriptor: generations have them in common. Raises Strange.
    """
    balancers = [SimpleNamespace(**wire(one)) for one in told["balancers"]]
    members = []
    for one in told["members"]:
        said = wire(one)
        place = said.pop("balancer")
        members.append(SimpleNamespace(**said, balancer=None if place is None else balancers[place]))
    hosts = [SimpleNamespace(index=index, server_name=from_json(name)) for index, name in enumerate(told["hosts"])]
    check_size(told)
    board = Scoreboard(members, balancers, told["children"], hosts, Memory(os.dup(told["memory"])))
    board.dead = list(told["dead"])
    for one in told["tokens"]:
        if one["count"] not in shared:
            shared[one["count"]] = Tokens(one["limit"], os.dup(one["count"]), Memory(os.dup(one["memory"])))
        board.tokens[one["member"]] = shared[one["count"]]
    return board


def check_size(told: dict[str, Any]) -> None:
    """Raise Strange where the memory does not hold what was described: to read behind its end would kill us."""
    members, hosts = len(told["members"]), len(told["hosts"])
    wanted = layout.Layout(told["children"], members, len(told["balancers"]), members + hosts).cells
    try:
        size = os.fstat(told["memory"]).st_size
    except OSError as fault:
        raise Strange(f"the scoreboard's memory was not handed on: {fault.strerror}") from None
    if size != max(1, wanted) * CELL:
        raise Strange(f"the scoreboard has {size // CELL} cells, and not {wanted}")


def describe_ancestry(ancestry: Ancestry) -> dict[str, Any]:
    """What those had counted who are gone."""
    return {
        "members": [[as_json(key), list(counts)] for key, counts in ancestry.members.items()],
        "measured": [[as_json(key), list(counts)] for key, counts in ancestry.measured.items()],
        "children": list(ancestry.children),
    }


def take_up_ancestry(told: dict[str, Any], living: Sequence[Scoreboard]) -> Ancestry:
    """The same again; `living` are the scoreboards of those that still finish something."""
    found = Ancestry()
    found.living = list(living)
    found.members = {from_json(key): list(counts) for key, counts in told["members"]}
    found.measured = {from_json(key): list(counts) for key, counts in told["measured"]}
    found.children = list(told["children"])
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
