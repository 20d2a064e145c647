"""A row of numbers as a line."""

from __future__ import annotations

from evenflow.control.console import sparkline
from evenflow.control.console.rings import POINTS


def test_the_newest_is_at_the_right() -> None:
    assert sparkline.path([0.0] * (POINTS - 1) + [4.0], 0).endswith("L116 23.0L118 1.0")
    assert sparkline.path([1.0, 1.0], 0) == "M116 1.0L118 1.0"


def test_little_looks_like_little() -> None:
    assert sparkline.path([0.0, 0.5], 0).endswith("L118 12.0")


def test_gaps_stay_gaps() -> None:
    assert sparkline.path([0.01, -1.0, 0.01], 1) == "M114 1.0M118 1.0h1"
    assert sparkline.path([-1.0], 1) == "" and sparkline.path([], 0) == ""


def test_no_failures_are_no_line() -> None:
    assert sparkline.path([0.0, 0.0], sparkline.FAILURES) == ""
    assert sparkline.path([0.0, 1.0], sparkline.FAILURES) != ""


def test_the_script_gets_the_numbers() -> None:
    assert sparkline.points([0.0, 12.34567, -1.0]) == "0 12.35 -1"
