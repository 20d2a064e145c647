"""States, clocks and builds. (With nodes: test_run.)"""

from __future__ import annotations

from evenflow.tools.doctor.health import check_builds, check_clocks, check_status, state_of
from evenflow.tools.doctor.visit import UNKNOWN, Node
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
        assert codes(check_status(visit)) == ["node-not-running", "unanswered"]


def test_a_clock_that_is_apart_and_no_clock() -> None:
    with Answering(lambda head: answer(200, b"", "Date: Sat, 01 Jan 2000 00:00:00 GMT")) as there:
        assert codes(check_clocks(there.visit())) == ["clocks-differ"]
    with Answering(lambda head: answer(200)) as there:
        assert codes(check_clocks(there.visit())) == [UNKNOWN]


def test_builds_are_compared_where_pages_name_them() -> None:
    with Answering(lambda head: answer(200, b"page")) as there:
        visit = there.visit()
        assert codes(check_builds(visit)) == []
        visit.nodes = [Node("a", there.asker()), Node("b", there.asker())]
        assert codes(check_builds(visit)) == [UNKNOWN]
