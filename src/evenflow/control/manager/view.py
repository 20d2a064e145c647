"""What the page and the XML show: every balancer and member as it is at this moment, not yet escaped."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from evenflow.balancer.added import members_now, settle
from evenflow.balancer.methods import METHODS
from evenflow.control.addresses import describe_address, in_words, known_address
from evenflow.plan.backends import Backends, split_url
from evenflow.plan.locations import Section
from evenflow.plan.mapping import Mapping
from evenflow.plan.model import Balancer, Member, Plan, VirtualHost
from evenflow.slotmem.balancers import BalancerSlot
from evenflow.slotmem.layout import (
    BUSY,
    CHECK_FAILED,
    DISABLED,
    DRAINING,
    ELECTED,
    IGNORE_ERRORS,
    NOT_FOUND,
    OWED,
    RECEIVED,
    RETRIES,
    SENT,
    SPARE,
    STANDBY,
    STOPPED,
    TUNNELLED,
)
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.sessions import Left, left_at

# httpd's words for a member's status, in its order; None stands for the error state.
STATUS_WORDS: Final = (
    (IGNORE_ERRORS, "Ign "),
    (DRAINING, "Drn "),
    (DISABLED, "Dis "),
    (STOPPED, "Stop "),
    (None, "Err "),
    (STANDBY, "Stby "),
    (SPARE, "Spar "),
    (CHECK_FAILED, "HcFl "),
)


@dataclass(frozen=True, slots=True)
class MemberView:
    """One member now. Counters are sums over all children; `load` too, httpd's lbstatus."""

    member: Member
    slot: MemberSlot
    name: str
    route: str
    redirect: str
    factor: str
    lbset: int
    status: str
    elected: int
    busy: int
    load: int
    sent: int
    received: int
    retries: int
    tunnels: int
    """Of those that are busy."""
    left: Left | None
    """Its sessions, and when they will be gone if it gets no new ones; None where they are not counted."""
    place: str = ""
    """Where its name leads, in words; "" for a member that is an address."""
    unresolved: str = ""
    """Why its name leads nowhere."""


@dataclass(frozen=True, slots=True)
class BalancerView:
    """One balancer now. `nonce` is "" where it may not be changed; `sticky` is spelled as configured, "" for none."""

    balancer: Balancer
    row: BalancerSlot
    name: str
    nonce: str
    sticky: str
    sticky_cookie: str
    nofailover: bool
    timeout: int
    maxattempts: int
    method: str
    path: str
    members: tuple[MemberView, ...]


def visible_balancers(host: VirtualHost, plan: Plan) -> tuple[Balancer, ...]:
    """The balancers that this virtual host's manager shows: those it can reach; all where the plan does not say."""
    backends = host.backends
    if not isinstance(backends, Backends):
        return plan.balancers
    return tuple(sorted(backends.balancers.values(), key=lambda balancer: balancer.index))


def path_to(balancer: Balancer, host: VirtualHost) -> str:
    """The path of the first ProxyPass that leads to the balancer, those inside a Location last; "" for none."""
    inside = (section.mapping for section in host.locations if isinstance(section, Section))
    for mapping in (*host.mappings, *inside):
        if isinstance(mapping, Mapping) and mapping.target is not None:
            scheme, origin, _ = split_url(mapping.target)
            if scheme == b"balancer" and origin == b"balancer://" + balancer.name:
                return text(mapping.prefix)
    return ""


def view_balancer(balancer: Balancer, host: VirtualHost, scoreboard: Scoreboard) -> BalancerView:
    """Read a balancer's cells and those of its members; the path to it is this virtual host's."""
    settle((balancer,), scoreboard)
    row = scoreboard.balancer(balancer.index)
    cookie, path = text(row.sticky_cookie), text(row.sticky_path)
    return BalancerView(
        balancer=balancer,
        row=row,
        name=text(balancer.name),
        nonce=text(nonce_of(balancer, row)),
        sticky=cookie if cookie == path else f"{cookie}|{path}",
        sticky_cookie=cookie,
        nofailover=row.nofailover,
        timeout=int(row.timeout),
        maxattempts=row.maxattempts,
        method=METHODS[row.method - 1].name if row.method else balancer.lbmethod,
        path=path_to(balancer, host),
        members=tuple(view_member(member, scoreboard) for member in members_now(balancer)),
    )


def view_member(member: Member, scoreboard: Scoreboard) -> MemberView:
    """Read a member's cells."""
    slot = scoreboard.member(member.slot, 0)
    elected = slot.total(ELECTED)
    known = known_address(member, scoreboard)
    return MemberView(
        member=member,
        slot=slot,
        name=text(member.name),
        route=text(slot.route),
        redirect=text(slot.redirect),
        factor=f"{slot.factor / 100:.2f}",
        lbset=slot.lbset,
        status=status_words(slot),
        elected=elected,
        busy=slot.total(BUSY),
        load=slot.total(OWED),
        sent=slot.total(SENT),
        received=slot.total(RECEIVED),
        retries=slot.total(RETRIES),
        tunnels=slot.total(TUNNELLED),
        left=left_at(scoreboard, member.slot, elected),
        place=in_words(describe_address(member, known, time.monotonic())),
        unresolved=known.cause if known.state == NOT_FOUND else "",
    )


def status_words(slot: MemberSlot) -> str:
    """The status column, for instance `Init Stby Ok `."""
    status, in_error = slot.status, slot.error_since != 0.0
    words = [word for bit, word in STATUS_WORDS if (in_error if bit is None else status & bit)]
    return "".join(["Init ", *words, "Ok " if slot.usable() else ""])


def nonce_of(balancer: Balancer, row: BalancerSlot) -> bytes:
    """What a form must carry to change this balancer: the configured nonce, else one made at start; b"" for never."""
    if balancer.nonce is not None:
        return balancer.nonce
    digits = row.nonce.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}".encode()


def text(wire: bytes) -> str:
    """Bytes for a page in ISO-8859-1."""
    return wire.decode("latin-1")
