"""A quiet WebSocket. (One that is cut: test_run.)"""

from __future__ import annotations

from evenflow.tools.doctor.visit import UNKNOWN
from evenflow.tools.doctor.waiting import check_quiet_tunnel
from tests.tools.doctor.answering import Answering, answer
from tests.tools.doctor.test_sessions import codes
from tests.tools.doctor.test_websocket import right


def test_a_tunnel_that_ends_is_noted_with_its_second() -> None:
    with Answering(right) as there:
        (finding,) = check_quiet_tunnel(there.visit())
    assert finding.fault is not None and finding.fault.code == "tunnel-cut" and "cut after 0." in finding.evidence


def test_nothing_opens_or_nobody_waits() -> None:
    with Answering(lambda head: answer(404)) as there:
        visit = there.visit()
        assert codes(check_quiet_tunnel(visit)) == [UNKNOWN]
        visit.idle = 0.0
        assert codes(check_quiet_tunnel(visit)) == [UNKNOWN]
    assert len(there.heads) == 2
