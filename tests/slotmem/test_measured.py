"""Buckets, and what is measured over generations."""

from __future__ import annotations

import pytest

from evenflow.origin import NOWHERE
from evenflow.plan.model import Member
from evenflow.slotmem.adoption import Ancestry
from evenflow.slotmem.layout import ERRORS, MICROSECONDS
from evenflow.slotmem.measured import BOUNDS, bucket_of, observe, quantile
from evenflow.slotmem.scoreboard import Scoreboard


class Host:
    def __init__(self, index: int, name: bytes) -> None:
        self.index = index
        self.server_name = name


def member() -> Member:
    return Member(b"http://a", b"http", "a", 80, b"", 0, NOWHERE)


HOSTS = (Host(0, b"a"), Host(1, b"b"))


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_bound_belongs_to_its_own_bucket(bound: float) -> None:
    place = BOUNDS.index(bound)
    assert bucket_of(bound) == place
    assert bucket_of(bound * 1.001) == place + 1


def test_observing() -> None:
    cells = Scoreboard([member()], [], 1, HOSTS).measured_member(0, 0)
    observe(cells, 0.003)
    observe(cells, 99.0)
    observe(cells, -1.0)
    assert (cells[0], cells[12], cells[MICROSECONDS]) == (2, 1, 99_003_000)


def test_quantiles() -> None:
    assert quantile([0] * 13, 0.5) is None
    cells = Scoreboard([member()], [], 1).measured_member(0, 0)
    for seconds in (0.001, 0.002, 0.003, 0.004, 0.02, 0.02, 0.02, 0.02, 99.0, 99.0):
        observe(cells, seconds)
    counts = list(cells[: len(BOUNDS) + 1])
    assert quantile(counts, 0.2) == pytest.approx(0.0025)
    assert quantile(counts, 0.6) == pytest.approx(0.0175)
    assert quantile(counts, 0.9) == 30.0
    assert quantile([1], 0.5, (0.3,)) == pytest.approx(0.15)


def test_what_was_measured_before_is_measured_on() -> None:
    ancestry = Ancestry()
    boards = [Scoreboard([member()], [], 2, hosts) for hosts in (HOSTS, HOSTS[1:], HOSTS)]
    boards[0].measured_member(0, 1)[ERRORS] = 5
    boards[0].measured_host(1, 0)[ERRORS] = 7
    ancestry.retire(boards[0])
    ancestry.write(boards[1])
    assert boards[1].measured_member(0, 2)[ERRORS] == 5
    assert boards[1].measured_host(0, 2)[ERRORS] == 7
    # Still counted by somebody who finishes something.
    boards[0].measured_host(1, 1)[ERRORS] += 1
    boards[1].measured_host(0, 0)[ERRORS] += 1
    ancestry.retire(boards[1])
    ancestry.end(boards[0])
    for _ in range(2):
        ancestry.write(boards[2])
    assert boards[2].measured_host(1, 2)[ERRORS] == 9
    assert boards[2].measured_member(0, 2)[ERRORS] == 5
