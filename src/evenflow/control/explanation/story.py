"""One request's story, all of its parts in one object."""

from __future__ import annotations

import json
import os
import time
from typing import Final

from evenflow.control.explanation import answer, choice, decided
from evenflow.control.explanation.facts import Json, step_as_object
from evenflow.control.explanation.member_tls import fail_without_engine, member_tls
from evenflow.control.explanation.places import Places
from evenflow.control.explanation.timeouts import timeouts
from evenflow.control.explanation.to_member import to_member
from evenflow.control.explanation.walk import Walk
from evenflow.plan.decide import Decider
from evenflow.plan.model import ConnectionFacts, Plan
from evenflow.slotmem.scoreboard import Scoreboard

VERSION: Final = 1

MOST_VALUE: Final = 200
MOST_LINES: Final = 12
"""Bounds of an explanation that is one field of an answer."""


def explain(
    plan: Plan,
    facts: ConnectionFacts,
    data: bytes,
    *,
    body_length: int = 0,
    live: Scoreboard | None = None,
    child: int = 0,
    places: Places | None = None,
) -> Json:
    """Explain one request. `data` is its head and what of its body is at hand; `body_length` bytes more of the body are
    imagined.

    With `live` the choice goes by that scoreboard's numbers as `child` sees them; it is left as it is.
    """
    return tell(Walk(plan, facts, live, child, places or Places()), data, body_length)


def tell(walk: Walk, data: bytes, body_length: int) -> Json:
    """The request's way from its first byte to the answer's, and that of the ErrorDocument which stands for it."""
    now = time.monotonic()
    walk.play(data, body_length, now)
    exchange = walk.exchange
    said: Json = {"version": VERSION, **part(walk, body_length, now)}
    told, documents = said, 0
    while exchange.documents > documents:
        documents = exchange.documents
        walk.decide(now)
        status = exchange.document_status
        written = next((one["place"] for one in told["documents"] if one["status"] == status), None)
        told["document"] = {"status": status, "place": written, **part(walk, 0, now)}
        told = told["document"]
    return said


def part(walk: Walk, body_length: int, now: float) -> Json:
    """One way through the phases: the request's, or that of an ErrorDocument's path."""
    said: Json = {
        "scoreboard": "fresh" if walk.live is None else "live",
        "request": decided.request(walk, body_length),
        "steps": [step_as_object(step) for step in walk.decider.trace],
        "outcome": decided.outcome(walk),
        "shadowed": decided.shadowed(walk),
        "sections": [decided.section(walk, step) for step in walk.sections_met()],
        "settings": decided.settings(walk),
        "environment": decided.environment(walk),
        "sticky": choice.sticky(walk),
        "choice": choice.choice(walk),
        "edits": answer.header_lines(walk),
        "reverses": answer.reverses(walk),
        "filters": answer.body_filters(walk),
        "documents": answer.documents(walk),
        "timeouts": timeouts(walk),
        "asked": decided.asked(walk),
    }
    tls = said["member_tls"] = member_tls(walk)
    if tls is not None and not tls["engine"]:
        said["outcome"].update(fail_without_engine(walk, now))
    said["to_member"] = to_member(walk)
    said["answer"] = answer.answer(walk, now)
    # An answer of ours may begin a document's way, and with it another turn.
    walk.begin_turns()
    before = walk.exchange.documents
    said["own"] = answer.own(walk)
    said["document"] = None
    if said["outcome"]["kind"] == "file":
        # Whether it is there, and what of it is wanted, is known only now.
        exchange = walk.exchange
        said["outcome"]["status"] = exchange.status if exchange.documents == before else exchange.document_status
    return said


def for_client(
    plan: Plan, scoreboard: Scoreboard, facts: ConnectionFacts, head: bytes, decider: Decider, whole: bool
) -> bytes:
    """For a client of a running child that may ask: the whole as JSON, or the outcome alone in one line of ASCII.

    A mistake of ours in explaining is told and ends nothing.
    """
    try:
        child = next((row for row in range(scoreboard.children) if scoreboard.child(row).pid == os.getpid()), 0)
        walk = Walk(plan, facts, scoreboard, child, Places())
        walk.decider.answers = decider.answers
        walk.may_wait = False
        said = tell(walk, head, 0)
    except Exception as fault:
        said = {"version": VERSION, "error": f"{type(fault).__name__}: {fault}"}
    if not whole:
        said = in_short(said)
    return json.dumps(said, separators=None if whole else (",", ":")).encode("ascii")


def in_short(said: Json) -> Json:
    """What fits into a field: the outcome, and file and line of each step that changed something."""
    if "outcome" not in said:
        return said
    short: Json = {"version": VERSION}
    for key, value in said["outcome"].items():
        if value and key != "place":
            short[key] = value[:MOST_VALUE] if isinstance(value, str) else value
    if said["sticky"] is not None:
        short["sticky"] = said["sticky"]["why"][:MOST_VALUE]
    lines = [
        f"{step['phase']} {step['place']['file']}:{step['place']['line']}"[-MOST_VALUE:]
        for step in said["steps"]
        if step["place"] is not None and step["result"] not in ("fails", "skipped")
    ]
    short["steps"] = lines[-MOST_LINES:]
    return short
