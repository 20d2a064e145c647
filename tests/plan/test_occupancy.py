"""How full a child is."""

from __future__ import annotations

from evenflow.plan.occupancy import Occupancy


def test_both_percentages_are_rounded_down() -> None:
    child = Occupancy()
    assert (child.idle(), child.busy()) == (100, 0)
    child.tell(1, 8)
    assert (child.idle(), child.busy()) == (87, 12)
    child.tell(9, 8)
    assert (child.idle(), child.busy()) == (0, 100)
