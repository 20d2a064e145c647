"""Orders of the control socket in the ledger: the supervisor carries them out, and the page shows who gave them."""

from __future__ import annotations

import contextlib
import pwd
from collections.abc import Iterator
from typing import Any

from evenflow.control import orders
from evenflow.control.console import settings
from evenflow.control.generation import Generation


@contextlib.contextmanager
def written_down(generation: Generation, order: Any, user: int) -> Iterator[None]:
    """What changes within is written down as this order of this user (its number)."""
    ledger = generation.console.ledger if generation.console is not None else None
    does = order.get("do") if isinstance(order, dict) else None
    if ledger is None or not isinstance(does, str) or does not in orders.CHANGES:
        yield
        return
    balancers, board = generation.plan.balancers, generation.scoreboard
    before = settings.read(balancers, board)
    yield
    ledger.note(name_of(user), f"evenflow {does}", settings.differences(before, settings.read(balancers, board)))


def name_of(user: int) -> str:
    """Who that is on this machine."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
