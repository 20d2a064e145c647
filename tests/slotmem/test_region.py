"""Shared cells: one memory under three views, and the same one after a fork."""

from __future__ import annotations

import os

import pytest

from evenflow.slotmem.region import Memory, Region


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


def test_who_is_given_the_descriptor_finds_the_same_memory() -> None:
    region = Region(2)
    region.ints[1] = 7
    again = Region(2, Memory(os.dup(region.memory.descriptor)))
    assert again.ints[1] == 7
    again.ints[0] = 8
    assert region.ints[0] == 8
    with pytest.raises(ValueError):
        Region(1 << 20, Memory(os.dup(region.memory.descriptor)))


def test_nobody_can_take_it_away_from_the_others() -> None:
    region = Region(1)
    with pytest.raises(OSError):
        os.ftruncate(region.memory.descriptor, 0)


def test_its_descriptor_ends_with_it() -> None:
    descriptor = Region(1).memory.descriptor
    with pytest.raises(OSError):
        os.fstat(descriptor)


def test_without_such_files_it_is_shared_with_who_is_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    region = Region(1)
    assert region.memory.descriptor == -1
    pid = os.fork()
    if pid == 0:
        region.ints[0] = 42
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert region.ints[0] == 42
