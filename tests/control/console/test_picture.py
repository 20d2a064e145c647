"""What is wrong, and what there is in all."""

from __future__ import annotations

from evenflow.control.console.picture import summary
from evenflow.slotmem.layout import DISABLED
from tests.control.console.looked import Looked


def test_a_balancer_that_nobody_serves_is_the_worst() -> None:
    looked = Looked()
    looked.scoreboard.member(0, 0).error_since = 99.0
    looked.scoreboard.member(2, 0).status = DISABLED
    picture = looked.lookout.picture(0)
    assert [one.id for one in picture.troubles] == ["b1", "m0"]
    assert picture.troubles[0].text == "balancer://lone has no member that can take a request: clients get 503"
    assert [one.kind for one in picture.balancers] == ["bad", "off"]
    assert picture.cells["troubles"] == "2"


def test_where_all_is_well_nothing_is_wrong() -> None:
    picture = Looked().lookout.picture(0)
    assert picture.troubles == [] and summary(picture.balancers) == "2 balancers, 3 members: 1 standby, 2 serving"
    assert picture.events["b0"] == {"kind": "idle", "rate": "0", "takers": "1 of 2 take requests"}
