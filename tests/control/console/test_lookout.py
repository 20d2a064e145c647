"""What is seen of members between two looks."""

from __future__ import annotations

from evenflow.control.console.lookout import UNKNOWN, Lookout
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.prober import Prober
from evenflow.slotmem.layout import BUSY, DISABLED, DRAINING, ELECTED, ERRORS
from evenflow.slotmem.measured import STAGES, observe
from tests.control.console.looked import Looked
from tests.plan.cases import plan_of
from tests.slotmem.cells import own_cells


def test_rates_are_those_of_the_last_seconds() -> None:
    looked = Looked()
    own, measured = own_cells(looked.scoreboard, 0, 1), looked.scoreboard.measured_member(0, 1)
    for second in range(1, 11):
        if second <= 4:
            own[ELECTED] += 10
            observe(measured, 0.002)
        looked.lookout.look(100.0 + second)
        if second == 4:
            cells = looked.lookout.picture(0).balancers[0].members[0].cells
            assert (cells["rate"], cells["mean"], cells["high"]) == ("10", "2.0 ms", "95 % ≤ 5.0 ms")
    cells = looked.lookout.picture(0).balancers[0].members[0].cells
    assert (cells["rate"], cells["mean"], cells["high"], cells["elected"]) == ("0", "–", "", "40")


def test_points_are_means_of_their_seconds() -> None:
    looked = Looked()
    own = own_cells(looked.scoreboard, 0, 0)
    for second in range(1, 6):
        own[ELECTED] += 2
        looked.lookout.look(100.0 + second)
    assert looked.rings.written == 1
    assert looked.rings.series(0, 0) == [2.0] and looked.rings.series(0, 1) == [UNKNOWN]


def test_why_it_failed_is_remembered() -> None:
    looked = Looked()
    slot = looked.scoreboard.member(2, 0)
    looked.scoreboard.measured_member(2, 0)[ERRORS + STAGES.index("timeout")] += 1
    slot.error_since = 100.5
    looked.lookout.look(101.0)
    looked.lookout.look(102.0)
    member = looked.lookout.picture(0).balancers[1].members[0]
    assert member.cells["why"].startswith("it did not answer in time") and member.cells["errors"] == "1"


def test_since_when_is_known_only_where_it_was_seen() -> None:
    looked = Looked()
    assert looked.lookout.picture(0).balancers[0].members[0].cells["since"] == ""
    looked.scoreboard.member(0, 0).status = DISABLED
    looked.lookout.look(101.0)
    assert looked.lookout.picture(0).balancers[0].members[0].cells["since"].startswith("for 0 s, since ")


def test_a_drain_counts_from_its_most() -> None:
    looked = Looked()
    slot = looked.scoreboard.member(0, 0)
    own = own_cells(looked.scoreboard, 0, 0)
    own[BUSY] = 8
    assert looked.lookout.picture(0).balancers[0].members[0].drain is None
    slot.status = DRAINING
    looked.lookout.look(101.0)
    own[BUSY] = 3
    looked.lookout.look(102.0)
    assert looked.lookout.picture(0).balancers[0].members[0].drain == (8, 3)
    slot.status = 0
    looked.lookout.look(103.0)
    slot.status = DRAINING
    looked.lookout.look(104.0)
    assert looked.lookout.picture(0).balancers[0].members[0].drain == (3, 3)


def test_the_last_check_is_told() -> None:
    plan = plan_of(
        "Listen 1\nServerName a\n<Proxy balancer://a>\nBalancerMember http://b hcmethod=TCP\n</Proxy>\n"
        "ProxyPass / balancer://a/\n<Location /m>\nSetHandler balancer-manager\n</Location>\n"
    )
    assert plan.managed
    plan.measures = True
    looked = Looked()
    from evenflow.control.console.rings import Rings
    from evenflow.slotmem.scoreboard import Scoreboard

    board = Scoreboard(plan.members, plan.balancers, 1, plan.measured_hosts())
    prober = Prober(plan, board, ErrorLog("", "warn"))
    lookout = Lookout(plan, board, Rings(["b"]), prober)
    lookout.look(1.0)
    assert lookout.picture(9).balancers[0].members[0].cells["check"] == "not made yet"
    prober.patients[0].asked, prober.patients[0].cause = 1.0, "status 503"
    assert lookout.picture(9).balancers[0].members[0].cells["check"] == "its check found: status 503"
    prober.patients[0].cause = ""
    assert lookout.picture(9).balancers[0].members[0].cells["check"].startswith("passed at ")
    assert looked.lookout.picture(0).balancers[0].members[0].cells["check"] == "none is configured"
