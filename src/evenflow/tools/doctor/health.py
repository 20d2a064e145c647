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
"""Seconds from which clocks that are apart are a hint."""
FAR_APART: Final = 120.0
"""Seconds from which tokens are refused."""
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
    waiting: list[tuple[str, str, Answer]] = []
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
            waiting.append((name, state, answer))
    nodes = [node.name for node in visit.nodes] or [""]
    if {name for name, state, _ in waiting if state == "MAINTENANCE"} >= set(nodes):
        said = "; ".join(f"{name}: {answer.evidence()}".removeprefix(": ") for name, _, answer in waiting)
        yield found("maintenance-everywhere", "status", said)
        return
    for name, _, answer in waiting:
        yield found("node-not-running", "status", answer.evidence(), name)


def check_pages(visit: Visit) -> Iterator[Finding]:
    """Whether who says RUNNING can show a page: each node, or the site where no node is known."""
    places = [(node.name, node.asker) for node in visit.nodes] or [("", visit.site)]
    for name, asker in places:
        try:
            status, page = asker.ask(f"{visit.path}/status"), asker.ask(visit.login)
        except Unanswered:
            continue
        if state_of(status) == "RUNNING" and page.status >= 500:
            yield found("running-but-failing", "pages", f"{status.evidence()}; {page.evidence()}", name)


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
            said = f"{name} is {apart:+.0f} s from this machine's clock"
            yield found("clocks-differ", "clocks", said, name, guessed=abs(apart) <= FAR_APART)


def check_builds(visit: Visit) -> Iterator[Finding]:
    """The build that each node's login page names."""
    if len(visit.nodes) < 2:
        return
    builds = {}
    for node in visit.nodes:
        try:
            build = shown_of_itself(node.asker.ask(visit.login).text).get(BUILD)
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
