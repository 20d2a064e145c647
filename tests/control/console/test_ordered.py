"""Orders of the control socket stand in the ledger."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

from evenflow.control.console.ordered import name_of, written_down
from evenflow.slotmem.layout import DRAINING
from tests.control.console.looked import Looked


def generation(looked: Looked, ledger: bool = True) -> Any:
    console = SimpleNamespace(ledger=looked.ledger) if ledger else None
    return SimpleNamespace(plan=looked.plan, scoreboard=looked.scoreboard, console=console)


def test_who_ordered_what() -> None:
    looked = Looked()
    with written_down(generation(looked), {"do": "drain"}, os.getuid()):
        looked.scoreboard.member(0, 0).status = DRAINING
    (change,) = looked.ledger.all()
    assert (change.who, change.how, change.words) == (name_of(os.getuid()), "evenflow drain", "drains")
    assert name_of(2**31 - 7) == "user 2147483641"


def test_what_changes_nothing_is_not_written_down() -> None:
    looked = Looked()
    for order in ({"do": "members"}, {"do": "enable"}, None, {"do": []}):
        with written_down(generation(looked), order, 0):
            pass
    with written_down(generation(looked, ledger=False), {"do": "drain"}, 0):
        looked.scoreboard.member(0, 0).status = DRAINING
    assert looked.ledger.all() == []
