"""Changes while it runs: what a form says of one member or of one balancer goes into their cells.

A value that httpd would pass over in silence changes nothing here either, but is told: every function returns sentences
for the page. Children see a change at their next choice; a restart forgets it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from evenflow.balancer.added import members_now
from evenflow.balancer.methods import METHODS, NAMES
from evenflow.control import draining
from evenflow.control.manager.parameters import leading_hundredths, leading_number
from evenflow.control.removal import TAKES_NOTHING
from evenflow.plan.model import Balancer, Plan
from evenflow.slotmem.balancers import BalancerSlot
from evenflow.slotmem.layout import (
    CHECK_FAILED,
    DISABLED,
    DRAINING,
    IGNORE_ERRORS,
    RESTART_AT_FACTOR,
    RESTART_AT_ZERO,
    SPARE,
    STANDBY,
    STOPPED,
    TEXT_LIMIT,
)
from evenflow.slotmem.members import MemberSlot
from evenflow.slotmem.scoreboard import Scoreboard
from evenflow.slotmem.sessions import begin_counting

MOST_SECONDS: Final = 7200
MOST_ATTEMPTS: Final = 99
MOST_SETS: Final = 99

# field -> status bit, in the order of httpd's form.
STATUS_FIELDS: Final = {
    b"w_status_I": IGNORE_ERRORS,
    b"w_status_N": DRAINING,
    b"w_status_D": DISABLED,
    b"w_status_H": STANDBY,
    b"w_status_R": SPARE,
    b"w_status_S": STOPPED,
    b"w_status_C": CHECK_FAILED,
}


def change_member(
    balancer: Balancer, scoreboard: Scoreboard, slot: MemberSlot, said: dict[bytes, bytes]
) -> list[str]:
    """Apply a form's `w_...` fields to one member; answer what was not taken, and why."""
    refused = []
    row = scoreboard.balancer(balancer.index)
    was_usable = slot.usable()
    drained = slot.status & DRAINING
    restart = -1
    for field, value in said.items():
        if not field.startswith(b"w_"):
            continue
        if field == b"w_lf":
            if set_factor(balancer, slot, value):
                restart = RESTART_AT_FACTOR
            else:
                refused.append(not_taken(field, value, "a load factor is a number from 1 to 100"))
        elif field in STATUS_FIELDS:
            slot.set_status(STATUS_FIELDS[field], leading_number(value) != 0)
        elif field in MEMBER_FIELDS:
            refused += MEMBER_FIELDS[field](slot, field, value)
        else:
            refused.append(not_taken(field, value, "there is no such setting of a member"))
    if slot.goes > 0.0 and not slot.status & (TAKES_NOTHING | DRAINING):
        # Whoever enables a member that is being removed keeps it.
        slot.goes = 0.0
    if slot.status & DRAINING and not drained:
        draining.begin(scoreboard, slot.member.slot)
    if slot.usable() and not was_usable:
        # httpd forgets what everybody was owed when it resets; it does so at the next choice, after everything else.
        restart = RESTART_AT_ZERO
    if restart < 0:
        row.changed()
    else:
        row.restart(restart)
    return refused


def change_balancer(
    balancer: Balancer, scoreboard: Scoreboard, said: dict[bytes, bytes], methods: tuple[str, ...]
) -> list[str]:
    """Apply a form's `b_...` fields to one balancer, but for new members; answer what was not taken, and why.
    `methods` are those that are `offered`.
    """
    refused = []
    row = scoreboard.balancer(balancer.index)
    names = row.sticky_cookie, row.sticky_path
    for field, value in said.items():
        if not field.startswith(b"b_") or field in (b"b_nwrkr", b"b_wyes"):
            continue
        if field == b"b_lbm":
            refused += set_method(row, field, value, methods)
        elif field in BALANCER_FIELDS:
            refused += BALANCER_FIELDS[field](row, field, value)
        else:
            refused.append(not_taken(field, value, "there is no such setting of a balancer"))
    if (row.sticky_cookie, row.sticky_path) != names:
        # Sessions of another name are other sessions.
        begin_counting(scoreboard, balancer)
    row.changed()
    return refused


def offered(plan: Plan) -> tuple[str, ...]:
    """The lbmethods that can be chosen while it runs. One for which members announce themselves is none where nobody
    listens; httpd takes it if its module is loaded, and answers 503 from then on.
    """
    return tuple([method.name for method in METHODS if not method.announced or plan.heartbeats is not None])


def set_factor(balancer: Balancer, slot: MemberSlot, value: bytes) -> bool:
    hundredfold = leading_hundredths(value)
    if not 100 <= hundredfold <= 10000:
        return False
    # A lone member always has the factor 1 in httpd.
    slot.factor = hundredfold if len(members_now(balancer)) > 1 else 100
    return True


def set_lbset(slot: MemberSlot, field: bytes, value: bytes) -> list[str]:
    number = leading_number(value)
    if not 0 <= number <= MOST_SETS:
        return [not_taken(field, value, f"a set is a number from 0 to {MOST_SETS}")]
    slot.lbset = number
    return []


def set_route(slot: MemberSlot, field: bytes, value: bytes) -> list[str]:
    # httpd takes the route away when the new one is too long.
    fits = len(value) <= TEXT_LIMIT
    slot.name_route(value if fits else b"")
    return [] if fits else [f"the route has more than {TEXT_LIMIT} bytes: the member has none now"]


def set_redirect(slot: MemberSlot, field: bytes, value: bytes) -> list[str]:
    fits = len(value) <= TEXT_LIMIT
    slot.name_redirect(value if fits else b"")
    return [] if fits else [f"the redirect has more than {TEXT_LIMIT} bytes: the member has none now"]


def set_method(row: BalancerSlot, field: bytes, value: bytes, methods: tuple[str, ...]) -> list[str]:
    name = value.decode("latin-1")
    place = NAMES.index(name) + 1 if name in NAMES else 0
    if not place:
        return [not_taken(field, value, f"an lbmethod is one of {', '.join(methods)}")]
    if name not in methods and place != row.method:
        return [not_taken(field, value, UNHEARD)]
    row.method = place
    row.restart(RESTART_AT_ZERO)
    return []


def set_timeout(row: BalancerSlot, field: bytes, value: bytes) -> list[str]:
    seconds = leading_number(value)
    if not 0 <= seconds <= MOST_SECONDS:
        return [not_taken(field, value, f"a timeout is a number of seconds from 0 to {MOST_SECONDS}")]
    row.timeout = float(seconds)
    return []


def set_attempts(row: BalancerSlot, field: bytes, value: bytes) -> list[str]:
    attempts = leading_number(value)
    if not 0 <= attempts <= MOST_ATTEMPTS:
        return [not_taken(field, value, f"failover attempts are a number from 0 to {MOST_ATTEMPTS}")]
    row.maxattempts = attempts
    return []


def set_nofailover(row: BalancerSlot, field: bytes, value: bytes) -> list[str]:
    row.nofailover = leading_number(value) != 0
    return []


def set_sticky(row: BalancerSlot, field: bytes, value: bytes) -> list[str]:
    """`NAME`, `COOKIE|pathname`, `-` to stop; an empty one changes nothing, as in httpd."""
    if not value:
        return []
    cookie, bar, path = value.partition(b"|")
    if value == b"-":
        cookie = path = b""
    elif not bar:
        path = cookie
    if len(cookie) > TEXT_LIMIT or len(path) > TEXT_LIMIT or (value != b"-" and not (cookie and path)):
        return [not_taken(field, value, f"write NAME or COOKIE|pathname, up to {TEXT_LIMIT} bytes each")]
    row.sticky_cookie = cookie
    row.sticky_path = path
    return []


def not_taken(field: bytes, value: bytes, because: str) -> str:
    return f"`{field.decode('latin-1')}={value.decode('latin-1')}` changed nothing: {because}"


UNHEARD: Final = (
    "nothing listens for heartbeats here, so no member would be ready: write `HeartbeatListen 239.0.0.1:27999`, or "
    "`ProxySet lbmethod=heartbeat` where a file of them is read (`HeartbeatStorage`), and reload"
)
MEMBER_FIELDS: Final[dict[bytes, Callable[[MemberSlot, bytes, bytes], list[str]]]] = {
    b"w_ls": set_lbset,
    b"w_wr": set_route,
    b"w_rr": set_redirect,
}
BALANCER_FIELDS: Final[dict[bytes, Callable[[BalancerSlot, bytes, bytes], list[str]]]] = {
    b"b_tmo": set_timeout,
    b"b_max": set_attempts,
    b"b_sforce": set_nofailover,
    b"b_ss": set_sticky,
}
