"""What another program goes on with of the manager's page (`evenflow upgrade`): its charts, and the list of changes
where that is memory. The list in a file is found by its path.

Nothing depends on it: what cannot be told, or is of another kind in the other version, begins anew there.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from typing import Any, Final

from evenflow.control.console.ledger import Ledger
from evenflow.control.console.place import Console
from evenflow.control.console.rings import KINDS, POINTS, SECONDS, Rings
from evenflow.slotmem.region import Memory

KIND: Final = [POINTS, SECONDS, *KINDS]
"""Two programs that agree on it mean the same by their cells."""


def describe(console: Console | None) -> dict[str, Any]:
    """All that `take_up` needs; memory is named by its descriptor."""
    told: dict[str, Any] = {}
    if console is not None and console.rings is not None and console.rings.region.memory.descriptor >= 0:
        rings = console.rings
        told["rings"] = {"kind": KIND, "memory": rings.region.memory.descriptor, "members": len(rings.keys)}
    if console is not None and console.ledger is not None and not console.ledger.path:
        told["changes"] = {"memory": console.ledger.descriptor}
    return told


def descriptors_of(told: dict[str, Any]) -> list[int]:
    """Those that the other program must inherit."""
    return [one["memory"] for one in told.values()]


def take_up(told: dict[str, Any], keys: Sequence[Hashable]) -> Console | None:
    """The console that was described, for whoever comes after it; `keys` are the members of its scoreboard now. None
    where nothing was told.
    """
    if not told:
        return None
    found = Console.__new__(Console)
    found.rings = take_up_rings(told.get("rings"), keys)
    changes = told.get("changes")
    found.ledger = Ledger(descriptor=os.dup(changes["memory"])) if changes is not None else None
    return found


def take_up_rings(told: dict[str, Any] | None, keys: Sequence[Hashable]) -> Rings | None:
    if told is None or told["kind"] != KIND or told["members"] != len(keys):
        return None
    memory = Memory(os.dup(told["memory"]))
    try:
        return Rings(keys, memory)
    except ValueError:
        return None
