"""Which numbers are shown, and that no series is there twice."""

from __future__ import annotations

import os
from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

from evenflow.control.metrics.collect import collect, member_labels, resident, told_apart
from evenflow.control.metrics.exposition import write
from evenflow.plan.model import Plan
from evenflow.slotmem.layout import EJECTED_UNTIL, ELECTED, ERRORS, SERVER_ERRORS, STATUSES
from evenflow.slotmem.measured import STAGES, observe
from evenflow.slotmem.scoreboard import Scoreboard
from tests.control.status.told import TEXT, at_work
from tests.plan.cases import inside, plan_of

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
SHOWN = "<Location /metrics>\nSetHandler evenflow-metrics\n</Location>\n"


def read(plan: Plan, board: Scoreboard, now: float = 200.0) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(write(collect(plan, board, now)).decode()):
        for one in family.samples:
            key = (one.name, frozenset(one.labels.items()))
            assert key not in found
            found[key] = one.value
    return found


def at(samples: Samples, name: str, **labels: str) -> float:
    (found,) = [value for (one, has), value in samples.items() if one == name and set(labels.items()) <= has]
    return found


def test_the_program_and_its_children() -> None:
    plan, board = at_work()
    samples = read(plan, board)
    assert at(samples, "evenflow_requests_total") == 15
    assert at(samples, "evenflow_uptime_seconds") == 100
    assert at(samples, "evenflow_build_info") == 1
    assert at(samples, "evenflow_child_tunnels", child="0") == 1
    assert at(samples, "evenflow_child_connections", child="1") == 1
    assert at(samples, "evenflow_child_connections", child="retired") == 0
    assert not [key for key in samples if ("child", "2") in key[1]]


def test_members_with_their_states() -> None:
    plan, board = at_work()
    board.region.ints[board.layout.own(1, 0) + ELECTED] = 4
    board.member(0, 0).error_since = 5.0
    board.region.floats[board.layout.own(0, 1) + EJECTED_UNTIL] = 300.0
    samples = read(plan, board)
    assert at(samples, "evenflow_member_chosen_total", member="http://b1:8080", balancer="c", route="a") == 4
    assert at(samples, "evenflow_member_status", member="http://b1:8080", letter="E") == 1
    assert at(samples, "evenflow_member_status", member="http://b2:8080", letter="D") == 1
    assert at(samples, "evenflow_member_usable", member="http://b2:8080") == 0
    assert at(samples, "evenflow_member_ejected_children", member="http://b2:8080") == 1
    # Nobody measures virtual hosts here.
    assert not [key for key in samples if key[0].startswith("evenflow_host_")]


def test_what_is_measured_is_added_up_over_children_and_the_past() -> None:
    plan = plan_of(inside(TEXT + SHOWN))
    assert plan.measures
    board = Scoreboard(plan.members, plan.balancers, 2, plan.measured_hosts())
    for row in range(3):
        cells = board.measured_member(1, row)
        observe(cells, 0.02)
        cells[ERRORS + STAGES.index("timeout")] += 2
        cells[SERVER_ERRORS] += 1
        board.measured_host(plan.hosts[0].index, row)[STATUSES + 4] += 1
    samples = read(plan, board)
    assert at(samples, "evenflow_member_failures_total", member="http://b2:8080", stage="timeout") == 6
    assert at(samples, "evenflow_member_failures_total", member="http://b1:8080", stage="timeout") == 0
    assert at(samples, "evenflow_member_server_errors_total", member="http://b2:8080") == 3
    assert at(samples, "evenflow_member_response_seconds_bucket", member="http://b2:8080", le="0.01") == 0
    assert at(samples, "evenflow_member_response_seconds_bucket", member="http://b2:8080", le="0.025") == 3
    assert abs(at(samples, "evenflow_member_response_seconds_sum", member="http://b2:8080") - 0.06) < 1e-9
    name = plan.hosts[0].server_name.decode()
    assert at(samples, "evenflow_host_requests_total", host=name, status="5xx") == 3


def test_names_that_repeat_are_told_apart() -> None:
    assert told_apart(["a", "b", "a"]) == ["a", "b", "a#2"]
    plan = plan_of(
        "Listen 80\n<VirtualHost *:80>\nServerName a.example\n" + TEXT + "</VirtualHost>\n"
        "<VirtualHost *:443>\nServerName a.example\n" + TEXT + SHOWN + "</VirtualHost>\n"
    )
    labels = [tuple(one.values()) for one in member_labels(plan.members)]
    assert max(Counter(labels).values()) == 1
    assert read(plan, Scoreboard(plan.members, plan.balancers, 1, plan.measured_hosts()))


def test_memory_is_that_of_the_process() -> None:
    found = resident(os.getpid())
    assert found is not None and found > 1 << 20
    assert resident(2**30) is None
