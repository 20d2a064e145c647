"""What the answer would be: the lines that would look at it, and its head, a member's plain one or our own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final, cast

from evenflow.control.explanation.facts import Json, place, text
from evenflow.control.explanation.walk import MOST_BODY, Walk
from evenflow.plan import edits, expr, filters
from evenflow.plan.documents import Document
from evenflow.plan.model import FORWARD, LOCAL, Scope
from evenflow.plan.substitute import substitutions_of
from evenflow.proxy.steps import OWN, SENDING
from evenflow.serve.answers import own_answer

DOCUMENT_KINDS: Final = {1: "text", 2: "path", 3: "url"}


def header_lines(walk: Walk) -> list[Json]:
    """Every Header line that would look at the answer."""
    exchange = walk.exchange
    if exchange.decision is None:
        return []
    scope: Scope = exchange.decision.scope
    env = exchange.variables()
    found = []
    for table, lines in (("always", scope.always_edits), ("onsuccess", scope.onsuccess_edits)):
        for edit in lines:
            assert isinstance(edit, edits.Edit)
            applies, waits = condition_of(walk, edit, env)
            found.append({"table": table, "place": place(edit.origin), "applies": applies, "waits_for": waits})
    return found


def condition_of(walk: Walk, edit: edits.Edit, env: dict[bytes, bytes]) -> tuple[bool | None, str | None]:
    """Whether a Header line acts (None where that hangs on the answer), and what it waits for."""
    condition = edit.env
    if condition is not None and (condition[0] in env) != condition[1]:
        return False, f"{'' if condition[1] else '!'}{text(condition[0])}"
    if edit.condition is not None:
        waits = f"expr={edit.condition.source}"
        if edit.condition.answers:
            return None, waits
        return expr.holds(edit.condition, walk.exchange.inquiry(), True), waits
    return True, None if condition is None else f"{'' if condition[1] else '!'}{text(condition[0])}"


def reverses(walk: Walk) -> list[Json]:
    """Every ProxyPassReverse line that would be tried."""
    if walk.exchange.decision is None or walk.exchange.decision.kind != FORWARD:
        return []
    return [
        {"place": place(one.origin), "from": [text(prefix) for prefix in one.prefixes], "to": text(one.replacement)}
        for one in walk.exchange.decision.scope.reverses
    ]


NAMES: Final = {token: name for name, token in filters.TOKENS.items()}


def body_filters(walk: Walk) -> list[Json]:
    """The filters that a body would go through, but those of FilterChain; with SUBSTITUTE the lines that would act, in
    their order."""
    decision = walk.exchange.decision
    if decision is None:
        return []
    scope = decision.scope
    found: list[Json] = [{"filter": NAMES[name], "types": None} for name in scope.output_filters]
    for one in scope.typed_filters:
        assert isinstance(one, filters.ByType)
        found += [{"filter": NAMES[name], "types": sorted(map(text, one.types))} for name in one.filters]
    for said in found:
        lines = substitutions_of(scope) if said["filter"] == "SUBSTITUTE" else ()
        said["places"] = [place(line.origin) for line in lines]
    return found


def documents(walk: Walk) -> list[Json]:
    """Every ErrorDocument that holds here."""
    decision = walk.exchange.decision
    if decision is None:
        return []
    shown: dict[int, Document] = {}
    for document in decision.scope.documents:
        assert isinstance(document, Document)
        shown[document.status] = document
    return [
        {"status": one.status, "kind": DOCUMENT_KINDS[one.kind], "place": place(one.origin)}
        for one in shown.values()
        if one.kind
    ]


def answer(walk: Walk, now: float) -> Json | None:
    """What the client gets of a plain answer of the member's: 101 where a tunnel is asked for, else 200."""
    exchange = walk.exchange
    if exchange.step != SENDING:
        return None
    exchange.to_backend.clear()
    piece = bytearray(b"x" * max(0, min(MOST_BODY, exchange.request_left)))
    while piece and exchange.request_left > 0:
        exchange.take_body(piece, 0, len(piece), now)
        exchange.to_backend.clear()
    if exchange.upgrade is not None:
        sample = (
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n" % exchange.upgrade
        )
    else:
        sample = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n"
    exchange.backend_sent(bytearray(sample), 0, len(sample), now)
    waiting = exchange.to_client
    return {"member": text(sample), "head": text(bytes(waiting.data[waiting.start : waiting.end]))}


def own(walk: Walk) -> str | None:
    """The head of an answer of ours; a local handler is not asked."""
    exchange = walk.exchange
    decision = exchange.decision
    if exchange.step != OWN or (decision is not None and decision.kind == LOCAL and not exchange.status):
        return None
    # Of the server only these are asked.
    answer = own_answer(cast(Any, SimpleNamespace(routes=walk.routes, handlers={})), exchange)
    if answer is None:
        # An ErrorDocument's path in its place: the exchange has gone on with that.
        return None
    if answer.file is not None:
        answer.file.close()
    return text(answer.data[: len(answer.data) - answer.body_bytes])
