"""What is different between two moments, and how it is said."""

from __future__ import annotations

from evenflow.control.console import settings
from evenflow.control.console.settings import ADDED, Difference
from evenflow.control.manager.add import add_member
from evenflow.slotmem.layout import CHECK_FAILED, DISABLED, DRAINING
from tests.control.console.looked import Looked

ONE = ("confluence", 0, "http://127.0.0.1:8090")


def test_differences_are_those_of_forms() -> None:
    looked = Looked()
    before = settings.read(looked.plan.balancers, looked.scoreboard)
    assert settings.differences(before, before) == []
    slot = looked.scoreboard.member(0, 0)
    slot.status = DRAINING | CHECK_FAILED
    slot.error_since = 5.0
    slot.factor = 250
    looked.scoreboard.balancer(0).timeout = 7.0
    found = settings.differences(before, settings.read(looked.plan.balancers, looked.scoreboard))
    assert found == [
        Difference(("confluence", 0, ""), "b_tmo", "0", "7"),
        Difference(ONE, "w_lf", "1.00", "2.50"),
        Difference(ONE, "w_status_N", "0", "1"),
    ]
    assert [one.words for one in found] == ["timeout 0 → 7", "load factor 1.00 → 2.50", "drains"]


def test_a_member_that_is_new_is_one_difference() -> None:
    looked = Looked(growth=1)
    before = settings.read(looked.plan.balancers, looked.scoreboard)
    add_member(looked.plan.balancers[0], b"http://127.0.0.9:80", looked.scoreboard)
    (found,) = settings.differences(before, settings.read(looked.plan.balancers, looked.scoreboard))
    assert (found.place, found.field) == (("confluence", 0, "http://127.0.0.9"), ADDED)


def test_balancers_of_one_name_are_told_apart() -> None:
    looked = Looked()
    looked.plan.balancers[1].name = b"confluence"
    before = settings.read(looked.plan.balancers, looked.scoreboard)
    looked.scoreboard.member(2, 0).status = DISABLED
    (found,) = settings.differences(before, settings.read(looked.plan.balancers, looked.scoreboard))
    assert found.place == ("confluence", 1, "http://127.0.0.1:8091")


def test_words_for_both_ways() -> None:
    assert Difference(ONE, "w_status_D", "1", "0").words == "no more disabled"
    assert Difference(ONE, "w_wr", "", "n7").words == "route none → n7"


def test_a_sticky_session_is_taken_away_by_a_dash() -> None:
    assert settings.form("b_ss", "") == {b"b_ss": b"-"}
    assert settings.form("w_wr", "") == {b"w_wr": b""}
