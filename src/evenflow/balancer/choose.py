"""Which member takes this request, and giving it back afterwards.

The one way in for everybody who sends requests. The steps are httpd's: recover if everything is lost, then the
session's route, then the lbmethod among the candidates. It knows nothing of connections: what failed comes back by
`mark_failed`.
"""

from __future__ import annotations

from evenflow.balancer.balance import Balance, NoMember
from evenflow.balancer.byrequests import book
from evenflow.balancer.candidates import find_candidates
from evenflow.balancer.health import recover
from evenflow.balancer.sticky import find_routed, is_known
from evenflow.slotmem.layout import BUSY, DRAINING, ELECTED, RECEIVED, RETRIES, SENT, TUNNELLED
from evenflow.slotmem.members import MemberSlot

EMPTY = NoMember.EMPTY
UNNAMED = NoMember.UNNAMED
UNUSABLE = NoMember.UNUSABLE
ROUTE = NoMember.ROUTE
SILENT = NoMember.SILENT


def choose(balance: Balance, route: bytes, now: float) -> MemberSlot | None:
    """Choose a member and book the request there: it is busy until `release`.

    `route` is the session's (`sticky.find_session`), b"" for none; `now` float seconds of CLOCK_MONOTONIC. None if
    nobody may take it: `balance.reason` says why, and httpd answers 503. For another attempt call it again.
    """
    if not balance.is_current():
        balance.read()
    recover(balance, now)
    slot = None
    if route:
        slot = find_routed(balance, route, now, 1)
        if slot is not None:
            book(balance.slots, slot)
            if balance.trace is not None:
                balance.trace.append(f"the session asks for route {route.decode('latin-1')!r}")
        elif balance.nofailover and is_known(balance, route):
            balance.reason = ROUTE
            return None
    if slot is None:
        balance.turn.now = now
        if balance.trace is not None and balance.keyed:
            balance.trace.append(f"the request's key is {balance.turn.key.decode('latin-1')!r}")
        slot = balance.pick(find_candidates(balance, now))
        if slot is None:
            balance.reason = why_nobody(balance)
            return None
    slot.own[BUSY] += 1
    slot.own[ELECTED] += 1
    balance.reason = None
    if balance.trace is not None:
        balance.trace.append(f"chosen: {slot.member.name.decode('latin-1')}")
    return slot


def why_nobody(balance: Balance) -> NoMember:
    """Why there was no candidate."""
    if not balance.slots:
        return UNNAMED if balance.follows else EMPTY
    if balance.announced:
        for slot in balance.slots:
            if slot.usable() and not slot.status & DRAINING:
                return SILENT
    return UNUSABLE


def begin(slot: MemberSlot) -> None:
    """Book a request at a member that no balancer chose; it ends with `release` likewise."""
    slot.own[BUSY] += 1
    slot.own[ELECTED] += 1


def release(slot: MemberSlot, sent: int, received: int) -> None:
    """The request is over: so many bytes went to the member, so many came from it."""
    if slot.own[BUSY] > 0:
        slot.own[BUSY] -= 1
    slot.own[SENT] += sent
    slot.own[RECEIVED] += received
    if received:
        # It answered: httpd counts retries since the last connection that was made.
        slot.own[RETRIES] = 0


def begin_tunnel(slot: MemberSlot) -> None:
    """The request that is booked at the member has become a tunnel; it ends with `end_tunnel` in place of `release`."""
    slot.own[TUNNELLED] += 1


def end_tunnel(slot: MemberSlot, sent: int, received: int) -> None:
    """The tunnel is over."""
    if slot.own[TUNNELLED] > 0:
        slot.own[TUNNELLED] -= 1
    release(slot, sent, received)
