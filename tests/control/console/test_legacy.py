"""What another program goes on with of the manager's page."""

from __future__ import annotations

import os
from pathlib import Path

from evenflow.control.console import legacy
from evenflow.control.console.ledger import Ledger
from evenflow.control.console.place import Console
from evenflow.control.console.rings import Rings
from evenflow.control.console.settings import Difference
from evenflow.origin import NOWHERE
from evenflow.plan.model import Member

ONE = Difference(("wiki", 0, "http://a"), "w_status_N", "0", "1")


def console() -> Console:
    return Console(Member(b"balancer-manager", b"http", "localhost", 80, b"", 1, NOWHERE))


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_it_has_copies_that_end_with_it() -> None:
    one = console()
    one.rings, one.ledger = Rings(["a", "b"]), Ledger()
    one.rings.add([(1.0, 0.0, 0.0), (2.0, 0.0, 0.0)])
    one.ledger.note("eve", "page", [ONE])
    told = legacy.describe(one)
    before = open_descriptors()
    found = legacy.take_up(told, ["a", "c"])
    assert found is not None and found.rings is not None and found.ledger is not None
    # Members may have been added since the rings were made: they are called as they are now.
    assert found.rings.keys == ["a", "c"] and found.rings.series(1, 0) == [2.0]
    found.ledger.note("root", "evenflow enable", [ONE])
    assert len(one.ledger.all()) == 2
    assert open_descriptors() > before
    del found
    assert open_descriptors() == before
    for descriptor in legacy.descriptors_of(told):
        os.fstat(descriptor)


def test_a_list_in_a_file_is_found_by_its_path(tmp_path: Path) -> None:
    one = console()
    one.ledger = Ledger(str(tmp_path / "x.changes.jsonl"))
    assert legacy.describe(one) == {} and legacy.take_up({}, []) is None
    assert legacy.describe(None) == {}


def test_charts_that_do_not_fit_begin_anew() -> None:
    one = console()
    one.rings = Rings(["a"])
    told = legacy.describe(one)
    found = legacy.take_up(told, ["a", "b"])
    assert found is not None and found.rings is None and found.ledger is None
    told["rings"]["members"] = 1000
    found = legacy.take_up(told, ["x"] * 1000)
    assert found is not None and found.rings is None
