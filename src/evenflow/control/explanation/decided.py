"""What was decided: the request as it was understood, where it goes, what had no say in it, and what holds for it."""

from __future__ import annotations

import time
from typing import Final

from evenflow.control.explanation.choice import resolved, through
from evenflow.control.explanation.facts import Json, bracketed, pairs, place, switch, text
from evenflow.control.explanation.walk import Walk
from evenflow.origin import NOWHERE
from evenflow.plan import decision as decisions
from evenflow.plan import mapping, mapping_forms, steps
from evenflow.plan.alias import Alias, Redirect
from evenflow.plan.decision import Inquiry, Step
from evenflow.plan.locations import Section
from evenflow.plan.model import FILE, FORWARD, LOCAL, REDIRECT, Decision, Member, Scope
from evenflow.proxy.steps import BODY, IDLE, WAIT

ASKED: Final = (
    (decisions.FIELDS, "fields"),
    (decisions.QUERY, "query"),
    (decisions.CLIENT, "client"),
    (decisions.TIME, "time"),
    (decisions.FILES, "files"),
)

KINDS: Final = {FORWARD: "forward", REDIRECT: "redirect", LOCAL: "local", FILE: "file"}

DECIDING: Final = frozenset((steps.MAPPING, steps.ALIAS, *steps.DECISIONS))
"""Steps whose line had the say."""


def request(walk: Walk, body_length: int) -> Json:
    """The request as it was understood; of one that was refused only its first line is known."""
    exchange, facts = walk.exchange, walk.facts
    head = exchange.head
    understood = exchange.decision is not None
    line = text(exchange.refused_head.split(b"\r\n", 1)[0]).split(" ")
    return {
        "method": text(head.method) if understood else line[0],
        "target": text(head.target) if understood else " ".join(line[1:2]),
        "version": ("HTTP/1.1" if head.version >= 11 else "HTTP/1.0") if understood else " ".join(line[2:]),
        "fields": pairs(walk.came()) if understood else [],
        "from": text(facts.remote_address),
        "to": f"{bracketed(text(facts.local_address))}:{facts.local_port}",
        "tls": bool(facts.tls),
        "server_name_indication": text(facts.sni) if facts.tls else None,
        "body_length": body_length,
    }


def outcome(walk: Walk) -> Json:
    """Where the request goes, or who answers it with what."""
    exchange = walk.exchange
    decision: Decision | None = exchange.decision
    said: Json = {
        "kind": "refused", "place": None, "virtual_host": None, "status": 0, "reason": "", "location": None,
        "balancer": None, "member": None, "url": None, "through": None, "handler": None, "file": None,
        "resolved": None, "address": text(walk.facts.remote_address),
    }  # fmt: skip
    if decision is not None:
        said["kind"] = KINDS.get(decision.kind, "answer")
        said["place"] = place(decision.origin)
        said["virtual_host"] = text(decision.host.server_name)
        said["status"] = decision.status
        said["reason"] = decision.reason
        said["address"] = text(decision.client(walk.facts))
        if decision.kind == REDIRECT:
            said["location"] = text(decision.location)
        elif decision.kind == LOCAL:
            said["handler"] = decision.handler
        elif decision.kind == FILE:
            said["file"] = text(decision.file)
        elif decision.kind == FORWARD:
            if decision.balancer is not None:
                said["balancer"] = text(decision.balancer.name)
            if exchange.slot is not None:
                member = exchange.slot.member
                said["member"] = text(member.name)
                said["url"] = url(walk, member, decision)
                said["through"] = through(member)
                said["resolved"] = resolved(walk, member)
    if exchange.status:
        # Nobody may take it, or the head says what cannot be done: 400, 417, 503.
        said["kind"] = "refused"
        said["status"] = exchange.status
        said["reason"] = exchange.why
    elif exchange.step == WAIT:
        now = time.monotonic()
        seconds = exchange.balance.patience(now) - now
        said["reason"] = f"waits {seconds:.3g} s for a member, then 503: {exchange.balance.reason.value}"
    elif exchange.step == IDLE or exchange.step == BODY:
        said["reason"] = "waits for the rest of the request's body"
    return said


def url(walk: Walk, member: Member, decision: Decision) -> str:
    """What the member is asked, as a URL."""
    query = walk.exchange.head.query if decision.keep_query else decision.query
    path = member.path + (decision.path if decision.path or member.path else b"/")
    tail = b"" if query is None else b"?" + query
    if member.through and not member.encrypted:
        return text(path + tail)
    host = f"{bracketed(member.host)}:{member.port}"
    return f"{text(member.scheme)}://{host}{text(path + tail)}"


def shadowed(walk: Walk) -> list[Json]:
    """Mappings, redirects and aliases that cover the path and had no say, because somebody before them had it."""
    decision = walk.exchange.decision
    inquiry = walk.decider.inquiry
    if decision is None or inquiry is None:
        return []
    told = [step.origin for step in walk.decider.trace if step.phase in DECIDING]
    found = []
    inside = [section.mapping for section in decision.host.locations if isinstance(section, Section)]
    for one in (*inside, *decision.host.mappings):
        if isinstance(one, mapping.Mapping) and one.origin not in told and covers(one, inquiry):
            target = "!" if one.target is None else text(one.target)
            found.append({"place": place(one.origin), "prefix": text(one.prefix), "target": target})
    for line in (*decision.host.redirects, *decision.host.file_aliases):
        if (
            isinstance(line, (Redirect, Alias))
            and line.origin not in told
            and line.follow(inquiry.path) is not None
        ):
            prefix = line.prefix.prefix if line.prefix is not None else b""
            found.append({"place": place(line.origin), "prefix": text(prefix), "target": text(line.target)})
    return found


def covers(one: mapping.Mapping, inquiry: Inquiry) -> bool:
    """Whether a mapping would take this path if it were asked."""
    if one.encoded:
        # It was asked before all others, and did not.
        return False
    if one.pattern is not None:
        return one.pattern.search(inquiry.path) is not None
    if one.interpolate and inquiry.scope.interpolate:
        return inquiry.path.startswith(mapping_forms.interpolated(one.prefix_texts, inquiry.env))
    return mapping.covered(one, inquiry.path) > 0


def section(walk: Walk, step: Step) -> Json:
    """A section that met."""
    return {
        "place": place(step.origin),
        "saw": step.saw,
        "says": [place(origin) for origin in walk.places.inside(step.origin)],
    }


def settings(walk: Walk) -> list[Json]:
    """The switches that shape what is forwarded and answered."""
    decision = walk.exchange.decision
    if decision is None:
        return []
    scope: Scope = decision.scope
    host = decision.host
    values = (
        ("ProxyPreserveHost", switch(scope.preserve_host)),
        ("ProxyAddHeaders", switch(scope.add_headers)),
        ("ProxyVia", text(scope.via).capitalize()),
        (
            "ProxyErrorOverride",
            " ".join([switch(scope.error_override), *map(str, sorted(scope.error_override_codes))]),
        ),
        ("UseCanonicalName", "DNS" if host.base.name_by_dns else switch(host.base.canonical_name)),
    )
    return [{"name": name, "value": value, "place": walk.said(name)} for name, value in values]


def environment(walk: Walk) -> list[Json]:
    """Every variable at the end, with who set it last; the balancer's own have no place."""
    exchange = walk.exchange
    if exchange.decision is None:
        return []
    setters = {step.saw: step.origin for step in walk.decider.trace if step.phase == steps.ENVIRONMENT}
    return [
        {"name": text(name), "value": text(value), "place": place(setters.get(text(name), NOWHERE))}
        for name, value in exchange.variables().items()
    ]


def asked(walk: Walk) -> list[str]:
    """What was looked at beside path, Host and method."""
    inquiry = walk.decider.inquiry
    return [] if inquiry is None else [name for bit, name in ASKED if inquiry.asked & bit]
