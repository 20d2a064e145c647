"""Shared cells: one memory under three views, and the same one after a fork."""

from __future__ import annotations

import os

from evenflow.slotmem.region import Region


def test_three_views_on_one_memory() -> None:
    region = Region(3)
    assert (len(region.ints), len(region.floats), len(region.bytes)) == (3, 3, 24)
    assert region.ints.tolist() == [0, 0, 0]
    region.floats[1] = 1.5
    region.ints[2] = -(2**63)
    assert region.ints[1] == 0x3FF8000000000000
    assert region.bytes[23] == 0x80


def test_a_child_and_its_parent_see_one_memory() -> None:
    region = Region(2)
    pid = os.fork()
    if pid == 0:
        region.ints[0] = 42
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert region.ints[0] == 42


def test_a_region_without_cells_is_possible() -> None:
    assert len(Region(0).ints) >= 0
