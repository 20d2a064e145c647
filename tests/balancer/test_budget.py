"""The budget for repeats: little traffic has its few a second, much traffic its share, and nobody saves up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenflow.balancer.budget import REFUSED, RetryBudget

WINDOW = 10.0
"""Seconds in which a third is left of what was not spent."""

shares = st.floats(0.0, 1.0)
rates = st.floats(0.0, 50.0)


def test_at_the_beginning_there_is_what_a_window_of_silence_gives() -> None:
    budget = RetryBudget(0.2, 3.0)
    assert [budget.take(number, 1000.0, 1.0) for number in range(31)] == [True] * 30 + [False]


def test_with_nothing_to_spend_nothing_is_repeated() -> None:
    assert not RetryBudget(0.0, 0.0).take(1000, 1000.0, 1.0)


@pytest.mark.parametrize(("share", "per_second", "traffic"), [(0.2, 0.0, 500), (0.2, 10.0, 500), (0.05, 10.0, 20)])
def test_where_everything_fails_so_much_is_repeated(share: float, per_second: float, traffic: int) -> None:
    """A minute of requests that all fail: repeats are the share and the few a second, and what there was before."""
    budget = RetryBudget(share, per_second)
    chosen, granted = 0, 0
    for number in range(60 * traffic):
        now = 1000.0 + number / traffic
        chosen += 1
        if budget.take(chosen, now, 1.0):
            granted += 1
            chosen += 1
    expected = 60 * (share * traffic + per_second)
    assert 0.99 * expected <= granted <= expected + WINDOW * (share * traffic + per_second) + 1


@given(
    shares,
    rates,
    # (pause before it, requests in that pause, repeats that are asked for)
    st.lists(st.tuples(st.floats(0.001, 100.0), st.integers(0, 2000), st.integers(0, 60)), min_size=1, max_size=30),
)
def test_never_more_than_was_earned(
    share: float, per_second: float, story: list[tuple[float, int, int]]
) -> None:
    """From any moment on: repeats are at most what was left then, the share of the requests, and the few a second."""
    budget = RetryBudget(share, per_second)
    now, chosen = 1000.0, 0
    budget.take(0, now, 1.0)
    left, began, requests, granted = budget.left, now, 0, 0
    for pause, came, asked in story:
        now += pause
        requests += came
        chosen += came
        for _ in range(asked):
            if budget.take(chosen, now, 1.0):
                granted += 1
                chosen += 1
        assert budget.left >= 0.0
        assert granted <= left + share * (requests + 1) + per_second * (now - began) + 1.0


@given(st.integers(1, 10**9), st.floats(1.0, 10**6))
def test_a_quiet_year_is_worth_no_more_than_its_last_seconds(requests: int, passed: float) -> None:
    budget = RetryBudget(0.2, 10.0)
    budget.take(0, 1000.0, 1.0)
    budget.take(requests, 1000.0 + passed, 1.0)
    steady = (0.2 * requests / passed + 10.0) * WINDOW
    assert budget.left <= max(100.0, steady)


def test_a_clock_that_stands_still_earns_nothing() -> None:
    budget = RetryBudget(0.2, 0.1)
    assert budget.take(0, 5.0, 1.0)
    assert not budget.take(10**6, 5.0, 1.0)


def test_one_dead_member_of_two_without_a_retry_time_never_spends_it() -> None:
    """A minute of 500 requests a second, every other of which is refused first."""
    budget = RetryBudget(0.2, 10.0)
    chosen = 0
    for number in range(30000):
        chosen += 1
        if number % 2:
            assert budget.take(chosen, 1000.0 + number / 500, REFUSED)
            chosen += 1


def test_refused_connections_are_not_free_either() -> None:
    """Nine refused ones for each request are too many."""
    budget = RetryBudget(0.2, 10.0)
    chosen, granted = 0, 0
    for number in range(5000):
        chosen += 1
        for _ in range(9):
            if not budget.take(chosen, 1000.0 + number / 500, REFUSED):
                break
            chosen += 1
            granted += 1
    assert granted < 0.4 * 9 * 5000
