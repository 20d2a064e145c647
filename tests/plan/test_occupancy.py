"""How full a child is."""

from __future__ import annotations

from evenflow.plan.occupancy import Occupancy


def test_both_percentages_are_rounded_down() -> None:
    child = Occupancy()
    assert (child.idle(), child.busy()) == (100, 0)
    child.begin({1}, 8)
    assert (child.idle(), child.busy()) == (87, 12)
    child.begin(range(9), 8)
    assert (child.idle(), child.busy()) == (0, 100)
