"""What is wrong, and what there is in all."""

from __future__ import annotations

from evenflow.control.console.picture import MOST_SAID, summary
from evenflow.control.manager.add import add_member
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


def test_many_that_are_not_well_are_counted() -> None:
    looked = Looked(growth=9)
    for number in range(9):
        added = add_member(looked.plan.balancers[0], b"http://10.0.0.%d:80" % number, looked.scoreboard)
        slot = looked.scoreboard.member(added.slot, 0)
        slot.status, slot.error_since = 0, 99.0
    looked.scoreboard.member(0, 0).error_since = 99.0
    troubles = looked.lookout.picture(0).troubles
    assert len(troubles) == MOST_SAID
    assert troubles[0].text == "http://127.0.0.1:8090 is in error: the error log says why"
    assert (troubles[-1].id, troubles[-1].text) == ("b0", "5 more members of balancer://confluence are not well")


def test_where_all_is_well_nothing_is_wrong() -> None:
    picture = Looked().lookout.picture(0)
    assert picture.troubles == [] and summary(picture.balancers) == "2 balancers, 3 members: 1 standby, 2 serving"
    assert picture.events["b0"] == {"kind": "idle", "rate": "0", "takers": "1 of 2 take requests"}
