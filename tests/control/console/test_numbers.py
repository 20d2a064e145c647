"""Counters at two moments become numbers a second."""

from __future__ import annotations

from evenflow.control.console.numbers import Counts, Reader, Speed, failing, quantile, speed
from evenflow.slotmem.layout import ELECTED, ERRORS, MICROSECONDS, SENT
from evenflow.slotmem.measured import BOUNDS, STAGES, observe
from evenflow.slotmem.scoreboard import Scoreboard
from tests.control.manager.managed import Managed
from tests.slotmem.cells import own_cells


def board() -> Scoreboard:
    managed = Managed()
    return Scoreboard(managed.plan.members, managed.plan.balancers, 2, [managed.host])


def test_all_children_are_added_up() -> None:
    shared = board()
    reader = Reader(shared, 1)
    before = reader.read(10.0)
    assert (before.elected, before.answers, list(before.errors)) == (0, 0, [0] * len(STAGES))
    for child in (0, 1):
        own, measured = own_cells(shared, 1, child), shared.measured_member(1, child)
        own[ELECTED] += 10
        own[SENT] += 500
        observe(measured, 0.02)
        measured[ERRORS] += 1
    now = reader.read(12.0)
    assert (now.answers, now.micros) == (2, 40000)
    made = speed(before, now)
    assert (made.requests, made.sent, made.errors, made.mean, made.high) == (10.0, 500.0, 1.0, 0.02, 0.025)
    assert failing(before, now) == "connect" and failing(now, now) == ""
    # Another member's numbers are its own.
    assert Reader(shared, 0).read(12.0).elected == 0


def test_where_nothing_is_measured_there_are_no_times() -> None:
    made = Reader(Managed().scoreboard, 0).read(1.0)
    assert (made.answers, made.micros) == (0, 0)


def test_counters_that_fell_count_as_nothing() -> None:
    made = speed(Counts(1.0, elected=50, micros=9), Counts(2.0, elected=3))
    assert made == Speed()
    assert speed(Counts(2.0), Counts(2.0, elected=5)) == Speed()


def test_the_slowest_of_most() -> None:
    times = [0] * (len(BOUNDS) + 1)
    times[0], times[4] = 94, 6
    assert quantile(times, 0.95) == BOUNDS[4]
    times[0] = 200
    assert quantile(times, 0.95) == BOUNDS[0]
    assert quantile([0] * len(BOUNDS) + [1], 0.95) == BOUNDS[-1]
    assert MICROSECONDS not in range(len(BOUNDS) + 1)
