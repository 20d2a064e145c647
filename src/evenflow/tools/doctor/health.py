"""The nodes' own word about themselves: state, clock, build."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Final

from evenflow.tools.doctor.asking import Answer, Asker, Unanswered
from evenflow.tools.doctor.visit import Finding, Visit, found, shown_of_itself, unknown

APART: Final = 30.0
"""Seconds that clocks may be apart."""
BUILD: Final = "ajs-build-number"


def state_of(answer: Answer) -> str | None:
    """What /status says, None where it is not Confluence's JSON."""
    try:
        said = json.loads(answer.text)
    except ValueError:
        return None
    state = said.get("state") if isinstance(said, dict) else None
    return state if isinstance(state, str) else None


def check_status(visit: Visit) -> Iterator[Finding]:
    """/status through the balancer, and at each node."""
    for name, asker in [("", visit.site), *((node.name, node.asker) for node in visit.nodes)]:
        try:
            answer = asker.ask(f"{visit.path}/status")
        except Unanswered as why:
            yield found("unanswered", "status", str(why), name)
            continue
        state = state_of(answer)
        if state is None:
            yield found("status-unreadable", "status", answer.evidence("Content-Type", "Location"), name)
        elif state != "RUNNING":
            yield found("node-not-running", "status", answer.evidence(), name)


def check_clocks(visit: Visit) -> Iterator[Finding]:
    """Date of every node against this machine's clock."""
    seen: dict[str, float] = {}
    for name, asker in _everybody(visit):
        try:
            began = time.time()
            date = asker.ask(f"{visit.path}/status").get("date")
            seen[name] = parsedate_to_datetime(date).timestamp() - (began + time.time()) / 2
        except (Unanswered, ValueError):
            continue
    if not seen:
        yield unknown("clocks", "no answer has a Date")
        return
    for name, apart in seen.items():
        if abs(apart) > APART:
            yield found("clocks-differ", "clocks", f"{name} is {apart:+.0f} s from this machine's clock", name)


def check_builds(visit: Visit) -> Iterator[Finding]:
    """The build that each node's login page names."""
    if len(visit.nodes) < 2:
        return
    builds = {}
    for node in visit.nodes:
        try:
            build = shown_of_itself(node.asker.ask(visit.login)).get(BUILD)
        except Unanswered:
            continue
        if build is not None:
            builds[node.name] = build
    if len(set(builds.values())) > 1:
        said = ", ".join(f"{name} runs build {build}" for name, build in builds.items())
        yield found("builds-differ", "builds", said)
    elif not builds:
        yield unknown("builds", "no login page names its build")


def _everybody(visit: Visit) -> list[tuple[str, Asker]]:
    return [("the site", visit.site), *((node.name, node.asker) for node in visit.nodes)]
