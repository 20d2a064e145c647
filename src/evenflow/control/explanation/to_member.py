"""What the member would get: its head as the serving code writes it, and who put each field there or left it out."""

from __future__ import annotations

from typing import Final

from evenflow.control.explanation.facts import Json, place, place_of_last, text
from evenflow.control.explanation.walk import Walk
from evenflow.origin import Origin
from evenflow.plan import edits, steps
from evenflow.plan.model import Decision, Member, Scope
from evenflow.proxy import request
from evenflow.proxy.steps import MEMBER
from evenflow.wire.headers import Headers

HOP_BY_HOP: Final = "ends here: it belongs to one connection (RFC 9110 section 7.6.1)"
FRAMING: Final = "us: the body's framing is written anew (RFC 9112 section 6)"
FORWARDED: Final = frozenset((b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-server"))


def to_member(walk: Walk) -> Json | None:
    """The head for the member, by the serving code, with who put each field there."""
    exchange = walk.exchange
    if exchange.step != MEMBER:
        return None
    exchange.attach(False)
    waiting = exchange.to_backend
    written = bytes(waiting.data[waiting.start : waiting.end])
    head = written[: written.find(b"\r\n\r\n") + 4]
    return {"head": text(head), "fields": sources(walk, head), "dropped": dropped(walk, head)}


def sources(walk: Walk, head: bytes) -> list[Json]:
    """Each field of the member's head, with who put it there."""
    exchange = walk.exchange
    scope: Scope = exchange.decision.scope
    member: Member = exchange.slot.member
    came = {name.lower() for name, _ in walk.came()}
    early = {step.saw.lower(): step.origin for step in walk.decider.trace if step.phase == steps.FIELD}
    edited = touched(walk)
    found = []
    lines = head.split(b"\r\n")[1:-2]
    for index, line in enumerate(lines):
        name, _, value = line.partition(b": ")
        key = name.lower()
        makers = edited.get(key, [])
        by, origin = "client", None
        if index == 0:
            origin = walk.said("ProxyPreserveHost")
            by = "us: the member's own name, ProxyPreserveHost is Off"
            if scope.preserve_host:
                by = "client" if not makers else "RequestHeader"
                by += ", ProxyPreserveHost is On"
        elif key in (b"content-length", b"transfer-encoding"):
            by = FRAMING
        elif key in (b"connection", b"upgrade") and index >= len(lines) - 2:
            by, origin = connection(walk, member)
        elif key in FORWARDED and scope.add_headers:
            origin = walk.said("ProxyAddHeaders")
            before = "RequestHeader" if makers else "client" if key in came else ""
            by = f"us{f', behind what came from {before}' if before else ''}: "
            by += "ProxyAddHeaders is On"
        elif key == b"via" and scope.via in (b"on", b"full"):
            origin = walk.said("ProxyVia")
            by = f"us: ProxyVia is {text(scope.via).capitalize()}"
        elif makers:
            by = "RequestHeader" if key not in came else "client, changed by RequestHeader"
        elif text(key) in early:
            maker = early[text(key)]
            by = f"{'client, changed by' if key in came else 'us:'} {maker.text.partition(' ')[0]}"
            origin = place(maker)
        elif key not in came:
            by = "us"
        elif key == b"max-forwards":
            by = "client, less one (RFC 9110 section 7.6.2)"
        found.append(
            {
                "name": text(name), "value": text(value), "by": by, "place": origin or place_of_last(makers),
                "places": [place(maker) for maker in makers],
            }
        )  # fmt: skip
    return found


def connection(walk: Walk, member: Member) -> tuple[str, Json | None]:
    """Who says what becomes of the member's connection."""
    if walk.exchange.upgrade is not None:
        return "us: the client asks for it and the member has `upgrade=`", place(member.origin)
    if member.disable_reuse:
        return "us: connections to it are not kept (`disablereuse`)", place(member.origin)
    if member.generic:
        return "us: the URL comes from a rule, and no ProxyPass or BalancerMember names the member", None
    return "us: connections to members are kept", None


def touched(walk: Walk) -> dict[bytes, list[Origin]]:
    """Which RequestHeader lines changed a field, by the field's name: they run again, one by one."""
    exchange = walk.exchange
    decision: Decision = exchange.decision
    fields = Headers(request.merged(exchange.head.pairs(), exchange.head.apart))
    if exchange.head.host:
        fields.set(b"Host", exchange.head.host)
    found: dict[bytes, list[Origin]] = {}
    kept = exchange.env
    exchange.env = dict(decision.env)
    for edit in decision.scope.request_edits:
        assert isinstance(edit, edits.Edit)
        before = list(fields.items)
        edits.edit_request((edit,), fields, exchange)
        for name, _ in set(before) ^ set(fields.items):
            makers = found.setdefault(name.lower(), [])
            if edit.origin not in makers:
                makers.append(edit.origin)
    exchange.env = kept
    return found


def dropped(walk: Walk, head: bytes) -> list[Json]:
    """The client's fields that the member does not get as they came."""
    exchange = walk.exchange
    lines = [line.lower() for line in head.split(b"\r\n")[1:]]
    there = {line.partition(b":")[0] for line in lines}
    named = exchange.head.named_by_connection()
    edited = touched(walk)
    found = []
    for name, value in exchange.head.pairs():
        key = name.lower()
        by, origin = "", None
        if key == b"host":
            if exchange.decision.scope.preserve_host:
                continue
            origin = walk.said("ProxyPreserveHost")
            by = "ProxyPreserveHost is Off"
        elif key + b": " + value.lower() in lines:
            continue
        elif key in (b"transfer-encoding", b"content-length"):
            by = FRAMING.removeprefix("us: ")
        elif key in request.NOT_FORWARDED:
            if key == b"upgrade" and exchange.upgrade is not None:
                continue
            by = HOP_BY_HOP
            if key == b"upgrade":
                member = exchange.slot.member
                said = text(b" ".join(member.upgrade))
                by = f"the member has {f'only `upgrade={said}`' if said else 'no `upgrade=`'}: no tunnel is made"
                origin = place(member.origin)
        elif key in there:
            continue
        elif key in edited:
            by, origin = "RequestHeader", place_of_last(edited[key])
        elif key in named:
            by = "the client's Connection field names it (RFC 9110 section 7.6.1)"
        else:
            by = "us"
        found.append({"name": text(name), "value": text(value), "by": by, "place": origin})
    return found
