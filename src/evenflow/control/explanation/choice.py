"""Which member was chosen: by the session's route or by the lbmethod, and what each of them is owed."""

from __future__ import annotations

import time

from evenflow.balancer.balance import Balance
from evenflow.balancer.sticky import find_session, in_cookie, in_url, is_known
from evenflow.control.addresses import describe_address, known_address
from evenflow.control.explanation.facts import Json, place, text
from evenflow.control.explanation.walk import Walk
from evenflow.plan.model import Decision, Member
from evenflow.slotmem.layout import BUSY, ELECTED, STATUS_BITS
from evenflow.slotmem.members import MemberSlot


def sticky(walk: Walk) -> Json | None:
    """The session: by what it is looked for, what was found, and what became of it."""
    exchange = walk.exchange
    decision: Decision | None = exchange.decision
    balance = exchange.balance
    if decision is None or balance is None or not balance.sticky_cookie:
        return None
    head = exchange.head
    query = head.query if decision.keep_query else decision.query
    url = decision.path if query is None else decision.path + b"?" + query
    cookie = head.get(b"cookie")
    found, value = "url", in_url(url, balance.sticky_path, balance.semicolon_ends)
    if value is None and cookie is not None:
        found, value = "cookie", in_cookie(cookie, balance.sticky_cookie)
    session = find_session(balance, url, cookie)
    route = session.route if session is not None else b""
    chosen: MemberSlot | None = exchange.slot
    return {
        "cookie": text(balance.sticky_cookie),
        "path": text(balance.sticky_path),
        "separator": text(balance.separator),
        "place": walk.parameter(balance, "stickysession"),
        "found": None if value is None else found,
        "value": None if value is None else text(value),
        "route": text(route) if route else None,
        "member": text(chosen.member.name) if chosen is not None and by_route(walk) else None,
        "why": why_sticky(walk, balance, value, session is not None, route),
    }


def why_sticky(walk: Walk, balance: Balance, value: bytes | None, is_session: bool, route: bytes) -> str:
    """One sentence."""
    cookie, path = text(balance.sticky_cookie), text(balance.sticky_path)
    if value is None:
        return f"the request names no session: no cookie `{cookie}`, and no `{path}=` in its URL"
    if not is_session:
        return f"`{text(value)}` holds no `{text(balance.separator)}`, so it names no route"
    if not route:
        return f"nothing follows the `{text(balance.separator)}` in `{text(value)}`: it names no route"
    if by_route(walk):
        chosen = walk.exchange.slot
        assert chosen is not None
        if chosen.route != route:
            return f"the member of route `{text(route)}` is unusable; its redirect leads to `{text(chosen.route)}`"
        return f"route `{text(route)}` is this member's"
    if not is_known(balance, route):
        routes = ", ".join(f"`{text(slot.route)}`" for slot in balance.slots if slot.route) or "none"
        return f"no member has the route `{text(route)}` (there are {routes})"
    return f"the member of route `{text(route)}` cannot be used now"


def by_route(walk: Walk) -> bool:
    """Whether the session's route placed the request."""
    balance = walk.exchange.balance
    return balance is not None and any(note.startswith("the session asks") for note in balance.trace or ())


def choice(walk: Walk) -> Json | None:
    """The turn: who was looked at, and why the one was chosen; None where no balancer was asked."""
    exchange = walk.exchange
    balance = exchange.balance
    decision = exchange.decision
    if decision is None or balance is None:
        return None
    chosen: MemberSlot | None = exchange.slot
    routed = by_route(walk)
    return {
        "balancer": text(balance.balancer.name),
        "place": place(balance.balancer.origin),
        "by": None if chosen is None else "route" if routed else "lbmethod",
        "lbmethod": balance.method.name,
        "reason": "" if balance.reason is None else balance.reason.value,
        "failover": balance.maxattempts,
        "notes": list(balance.trace or ()),
        "services": sorted({row.service.name for row in balance.balancer.spares if row.service is not None}),
        "members": [candidate(walk, slot, slot is chosen, routed, balance) for slot in balance.slots],
    }


def through(member: Member) -> str | None:
    """The other proxy that is asked for the member; None where it is asked itself."""
    return f"{member.dial_host}:{member.dial_port}" if member.through else None


def candidate(walk: Walk, slot: MemberSlot, chosen: bool, routed: bool, balance: Balance) -> Json:
    """A member as the choice saw it."""
    member: Member = slot.member
    return {
        "name": text(member.name),
        "route": text(slot.route) or None,
        "place": place(member.origin),
        "loadfactor": slot.factor / 100,
        "lbset": slot.lbset,
        "status": "".join(letter.decode() for letter, bit in STATUS_BITS if slot.status & bit),
        "in_error": slot.error_since != 0.0,
        "candidate": chosen if routed else slot in balance.candidates,
        "chosen": chosen,
        "owed": [walk.owed[member.slot], slot.owed],
        "busy": slot.total(BUSY) - (1 if chosen else 0),
        "elected": slot.total(ELECTED) - (1 if chosen else 0),
        "through": through(member),
        "resolved": resolved(walk, member),
    }


def resolved(walk: Walk, member: Member) -> Json | None:
    """Where the member's name leads; None for an address, and where nothing runs that could have asked."""
    if walk.live is None:
        return None
    return describe_address(member, known_address(member, walk.live), time.monotonic())
