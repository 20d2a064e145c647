"""Sessions are counted by a byte each: how well, for how long, and over processes and generations."""

from __future__ import annotations

import os
import time
from math import exp, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenflow.balancer.choose import choose
from evenflow.plan.balancing import Balancing
from evenflow.slotmem.members import place_of
from evenflow.slotmem.region import Region
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.sessions import (
    ALL_BYTES,
    LEAST_BYTES,
    MOST_BYTES,
    STAMPS,
    STEPS,
    SessionTable,
    Sweeper,
    begin_counting,
    cells_for,
    left_at,
    provide,
    size_for,
    table_of,
)
from tests.balancer.cluster import Cluster, member

IDLE = 300.0
STEP = IDLE / STEPS
PLACES = [493291200, 794300045, 1804098103]


def sticky(*members: dict[str, object], old: Scoreboard | None = None, idle: float = IDLE, now: float = 0.0) -> Cluster:
    """Sessions are counted there from `now` on."""
    made = Cluster(
        *(members or (member(route=b"n1"), member(route=b"n2"))),
        sticky_cookie=b"S", children=2, balancing=Balancing(session_idle=idle),
    )  # fmt: skip
    for one in made.scoreboard.members:
        one.balancer = made.scoreboard.balancers[0]  # type: ignore[misc]
    provide(made.scoreboard, old, now)
    return made


def count(cluster: Cluster, index: int, now: float) -> int:
    found: int = cluster.scoreboard.sessions[index].count(now)
    return found


def see(cluster: Cluster, index: int, child: int, now: float, *sessions: bytes) -> None:
    slot = cluster.scoreboard.member(index, child)
    for session in sessions:
        slot.saw(session, now)


def test_a_session_is_one_however_often_and_wherever_it_is_seen() -> None:
    cluster = sticky()
    for child in (0, 1, 0):
        see(cluster, 0, child, 50.0, b"a.n1", b"b.n1")
    see(cluster, 1, 0, 50.0, b"c.n2")
    assert [count(cluster, index, 51.0) for index in (0, 1)] == [2, 1]


def test_who_is_not_seen_for_the_idle_time_is_gone() -> None:
    cluster = sticky()
    see(cluster, 0, 0, 0.0, b"a", b"b")
    see(cluster, 0, 1, 100.0, b"b")
    assert [count(cluster, 0, now) for now in (IDLE, IDLE + STEP, 100 + IDLE, 100 + IDLE + STEP)] == [2, 1, 1, 0]


def test_old_bytes_do_not_come_to_life_when_the_steps_begin_anew() -> None:
    cluster = sticky()
    see(cluster, 0, 0, 5.0, b"a")
    choose(cluster.balance, b"", 5.0)
    again = 5.0 + STAMPS * STEP
    assert count(cluster, 0, again) == 1, "the byte would count again, had nobody taken it out"
    sweeper = Sweeper(cluster.scoreboard)
    sweeper.tick(5.0 + 40 * STEP)
    assert count(cluster, 0, again) == 0
    see(cluster, 0, 0, again, b"b")
    sweeper.tick(again + STEP)
    assert count(cluster, 0, again + 2 * STEP) == 1, "who is fresh stays"


def test_a_clock_that_was_read_a_moment_later_is_no_old_one() -> None:
    cluster = sticky()
    see(cluster, 0, 0, 10 * STEP, b"a")
    assert count(cluster, 0, 10 * STEP - 0.001) == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 6000), st.sampled_from((1024, 4096)))
def test_the_error_is_as_small_as_is_said(sessions: int, size: int) -> None:
    """Five times the standard error, and a half for rounding: out of that falls one run in a million."""
    sessions = min(sessions, 3 * size)
    table = SessionTable(size, IDLE, Region(cells_for(size)))
    for _ in range(sessions):
        table.seen[place_of(os.urandom(16)) & size - 1] = table.stamp(1.0)
    load = sessions / size
    assert abs(table.count(1.0) - sessions) <= 5 * sqrt(size * (exp(load) - load - 1)) + 0.5 + sessions / size


@pytest.mark.parametrize("text", ["%d", "session %08d", "%032x.n1", "%dJSESSIONID=0000000000"])
def test_sessions_that_are_almost_the_same_are_told_apart_as_well(text: str) -> None:
    """Five times the standard error of ten thousand in a table of 65536, and the same for numbers in a row."""
    size, sessions = MOST_BYTES, 10000
    table = SessionTable(size, IDLE, Region(cells_for(size)))
    for number in range(sessions):
        table.seen[place_of((text % number).encode()) & size - 1] = table.stamp(1.0)
    load = sessions / size
    assert abs(table.count(1.0) - sessions) <= 5 * sqrt(size * (exp(load) - load - 1))


def test_every_program_has_the_same_place_for_a_session() -> None:
    assert [place_of(text) for text in (b"", b"a", b"6D1F2A9C.n1")] == PLACES


def test_a_full_table_says_what_it_can() -> None:
    table = SessionTable(1024, IDLE, Region(cells_for(1024)))
    table.seen[:] = bytes([table.stamp(0.0)]) * 1024
    assert table.count(0.0) == 7098


def test_processes_that_see_sessions_at_once_lose_none() -> None:
    cluster = sticky()
    pids = []
    for child in (0, 1):
        pid = os.fork()
        if pid == 0:
            see(cluster, 0, child, 1.0, *(b"%d of %d" % (number, child) for number in range(200)))
            os._exit(0)
        pids.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0]
    assert abs(count(cluster, 0, 2.0) - 400) <= 6


def test_the_next_generation_goes_on_with_the_same_table() -> None:
    old = sticky()
    see(old, 0, 0, 0.0, b"a")
    new = sticky(member(name=b"http://other", route=b"n3"), member(name=b"http://b1", route=b"n1"), old=old.scoreboard)
    # A child that retires still sees somebody.
    see(old, 0, 1, 1.0, b"b")
    assert [count(new, index, 2.0) for index in (0, 1)] == [0, 2]
    other_time = sticky(old=new.scoreboard, idle=60.0, now=5.0)
    assert count(other_time, 0, 5.0) == 0


def test_only_sticky_balancers_count() -> None:
    plain = Cluster(member(), member())
    provide(plain.scoreboard, None, 0.0)
    assert plain.scoreboard.sessions == {} and left_at(plain.scoreboard, 0, 5) is None
    plain.scoreboard.member(0, 0).saw(b"a", 1.0)
    assert sticky(idle=0.0).scoreboard.sessions == {}


def managed(old: Scoreboard | None = None, now: float = 0.0, **said: bytes) -> Cluster:
    """Not sticky by its lines; a manager may make it so."""
    made = Cluster(member(route=b"n1"), member(route=b"n2"), **said)
    for one in made.scoreboard.members:
        one.balancer = made.scoreboard.balancers[0]  # type: ignore[misc]
    provide(made.scoreboard, old, now, True)
    return made


def stick(cluster: Cluster, name: bytes) -> None:
    row = cluster.scoreboard.balancer(0)
    row.sticky_cookie = row.sticky_path = name
    begin_counting(cluster.scoreboard, cluster.scoreboard.balancers[0])


def test_a_balancer_that_is_made_sticky_counts_from_then_on() -> None:
    cluster = managed()
    assert table_of(cluster.scoreboard, 0) is None and left_at(cluster.scoreboard, 0, 5) is None
    stick(cluster, b"S")
    now = time.monotonic()
    see(cluster, 0, 0, now, b"a", b"b")
    left = left_at(cluster.scoreboard, 0, 2)
    assert left is not None and left.sessions == 2 and left.counted < now
    # By another name they are others, and by none nobody.
    stick(cluster, b"T")
    left = left_at(cluster.scoreboard, 0, 2)
    assert left is not None and left.sessions == 0
    stick(cluster, b"")
    assert left_at(cluster.scoreboard, 0, 2) is None


def test_the_next_generation_counts_on_where_the_names_are_the_same() -> None:
    old = managed()
    stick(old, b"S")
    see(old, 0, 0, 1.0, b"a")
    same = managed()
    same.scoreboard.balancer(0).sticky_cookie = same.scoreboard.balancer(0).sticky_path = b"S"
    same.scoreboard.sessions.clear()
    provide(same.scoreboard, old.scoreboard, 2.0, True)
    assert same.scoreboard.sessions[0] is old.scoreboard.sessions[0]
    other = managed(old=old.scoreboard, now=5.0, sticky_cookie=b"T")
    assert other.scoreboard.sessions[0] is not old.scoreboard.sessions[0]
    assert (count(other, 0, 5.0), other.scoreboard.sessions[0].since) == (0, 5.0)


def test_nobody_sweeps_where_nothing_is_counted() -> None:
    cluster = managed()
    see(cluster, 0, 0, 5.0, b"a")
    choose(cluster.balance, b"", 5.0)
    sweeper = Sweeper(cluster.scoreboard)
    table = cluster.scoreboard.sessions[0]
    sweeper.tick(1e6)
    assert any(table.seen)
    cluster.scoreboard.balancer(0).sticky_cookie = b"S"
    sweeper.tick(2e6)
    assert not any(table.seen)


def test_who_was_never_chosen_has_nobody() -> None:
    cluster = sticky()
    left = left_at(cluster.scoreboard, 0, 0)
    assert left is not None and (left.sessions, left.earliest, left.expected) == (0, 0.0, 0.0)


def test_when_it_is_empty_at_the_earliest() -> None:
    cluster = sticky()
    table = cluster.scoreboard.sessions[0]
    assert table.left(7.0)[:4] == (0, 0.0, 0.0, 7.0)
    see(cluster, 0, 0, 0.0, b"a")
    see(cluster, 0, 0, 5 * STEP + 1.0, b"b")
    left = table.left(100.0)
    assert (left.sessions, left.expected, left.idle) == (2, None, IDLE)
    assert left.earliest == pytest.approx(6 * STEP + IDLE - 100.0)
    assert count(cluster, 0, 100.0 + left.earliest - 0.01) == 1
    assert count(cluster, 0, 100.0 + left.earliest + 0.01) == 0


def test_when_it_is_empty_at_the_rate_of_late() -> None:
    """Half of 64 go in a minute, so the last half of one has gone six minutes after that."""
    cluster = sticky(idle=30.0)
    table = cluster.scoreboard.sessions[0]
    everybody = [b"session %d" % number for number in range(64)]
    see(cluster, 0, 0, 100.0, *everybody)
    table.keep_sample(100.0)
    at_first = table.count(100.0)
    see(cluster, 0, 0, 158.0, *everybody[:32])
    left = table.left(160.0)
    assert abs(left.sessions - 32) <= 2
    rate = (left.sessions / at_first) ** (1 / 60.0)
    assert left.expected is not None
    assert left.sessions * rate**left.expected == pytest.approx(0.5)
    table.forget_samples()
    assert table.left(160.0).expected is None


def test_samples_are_kept_once_in_a_step_and_the_old_ones_go() -> None:
    cluster = sticky(idle=30.0)
    table = cluster.scoreboard.sessions[0]
    see(cluster, 0, 0, 0.0, *(b"%d" % number for number in range(100)))
    for tick in range(60):
        table.keep_sample(tick / 2)
    # Nobody went within the thirty steps that are remembered but those at their beginning.
    see(cluster, 0, 0, 29.5, b"1")
    assert table.left(29.6).expected is None
    assert table.left(32.0).expected is not None


def test_many_members_have_smaller_tables() -> None:
    assert size_for(2) == size_for(ALL_BYTES // MOST_BYTES) == MOST_BYTES
    assert size_for(ALL_BYTES // MOST_BYTES + 1) == MOST_BYTES // 2
    assert size_for(10**7) == LEAST_BYTES
