"""States, clocks and builds. (With nodes: test_run.)"""

from __future__ import annotations

import time
from email.utils import formatdate

from evenflow.tools.doctor.health import check_builds, check_clocks, check_pages, check_status, state_of
from evenflow.tools.doctor.visit import FAIL, HINT, UNKNOWN, Node
from tests.tools.doctor.answering import Answering, answer
from tests.tools.doctor.test_sessions import codes


def test_a_state_is_read_from_json_alone() -> None:
    said = ((b'{"state":"RUNNING"}', "RUNNING"), (b"[1]", None), (b"RUNNING", None), (b'{"state":1}', None))
    for body, state in said:
        with Answering(lambda head, body=body: answer(200, body)) as there:  # type: ignore[misc]
            assert state_of(there.asker().ask("/status")) == state


def test_a_node_in_maintenance_and_one_that_is_gone() -> None:
    with Answering(lambda head: answer(503, b'{"state":"MAINTENANCE"}')) as there:
        visit = there.visit()
        with Answering(lambda head: b"") as gone:
            visit.nodes = [Node("n", gone.asker())]
        assert codes(check_status(visit)) == ["unanswered", "node-not-running"]


def test_maintenance_of_all_is_one_finding_and_of_one_another() -> None:
    running = answer(200, b'{"state":"RUNNING"}')
    with Answering(lambda head: answer(503, b'{"state":"MAINTENANCE"}')) as shut, Answering(lambda head: running) as up:
        visit = shut.visit()
        assert codes(check_status(visit)) == ["maintenance-everywhere"]
        visit.nodes = [Node("a", shut.asker()), Node("b", shut.asker())]
        assert codes(check_status(visit)) == ["maintenance-everywhere"]
        visit.nodes[1] = Node("b", up.asker())
        assert codes(check_status(visit)) == ["node-not-running", "node-not-running"]


def test_a_node_that_says_that_it_runs_and_does_not() -> None:
    def say(head: bytes) -> bytes:
        return answer(200, b'{"state":"RUNNING"}') if b" /status " in head else answer(500)

    with Answering(say) as broken, Answering(lambda head: answer(200, b'{"state":"RUNNING"}')) as well:
        visit = well.visit()
        assert codes(check_pages(visit)) == []
        visit.nodes = [Node("a", well.asker()), Node("b", broken.asker())]
        (finding,) = check_pages(visit)
        assert finding.where == "b" and codes([finding]) == ["running-but-failing"]
    with Answering(say) as broken:
        assert codes(check_pages(broken.visit())) == ["running-but-failing"]


def test_a_clock_that_is_apart_and_no_clock() -> None:
    with Answering(lambda head: answer(200, b"", "Date: Sat, 01 Jan 2000 00:00:00 GMT")) as there:
        assert codes(check_clocks(there.visit())) == ["clocks-differ"]
    with Answering(lambda head: answer(200)) as there:
        assert codes(check_clocks(there.visit())) == [UNKNOWN]


def test_a_minute_is_a_hint_and_five_are_a_fault() -> None:
    for seconds, verdict in ((60, HINT), (300, FAIL)):
        date = formatdate(time.time() + seconds, usegmt=True)
        with Answering(lambda head, date=date: answer(200, b"", f"Date: {date}")) as there:  # type: ignore[misc]
            assert [one.verdict for one in check_clocks(there.visit())] == [verdict]


def test_builds_are_compared_where_pages_name_them() -> None:
    with Answering(lambda head: answer(200, b"page")) as there:
        visit = there.visit()
        assert codes(check_builds(visit)) == []
        visit.nodes = [Node("a", there.asker()), Node("b", there.asker())]
        assert codes(check_builds(visit)) == [UNKNOWN]
