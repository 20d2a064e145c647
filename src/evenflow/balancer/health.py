"""The error state of members: who enters it, and when it is left.

Time is what the caller says: float seconds of CLOCK_MONOTONIC (`time.monotonic()`, or an event loop's `time()`), one
clock for all processes. Nothing watches it: a member leaves the error state when a choice looks at it, as in httpd.
"""

from __future__ import annotations

from evenflow.balancer.balance import Balance
from evenflow.slotmem.layout import IGNORE_ERRORS, RETRIES, STATUS, STOPPED
from evenflow.slotmem.members import MemberSlot


def try_again(slot: MemberSlot, now: float) -> None:
    """Take the member out of error if its retry time is over or it ignores errors. A stopped member stays as it is.

    The first child to come by clears the state for all of them, and if its attempt fails it sets it again for all. So a
    dead member is tried once in a retry interval by all children together, unless two come by in the same microsecond.

    With `retry=0` that is the next request. Further attempts of the one that failed come at the same moment, so they go
    elsewhere; in httpd they do only if its clock has not gone on by a microsecond since, and mostly ask the dead member
    again, until the attempts are used up.
    """
    since = slot.failure[0]
    if since == 0.0:
        return
    status = slot.shared[STATUS]
    if status & STOPPED:
        return
    if status & IGNORE_ERRORS or now > since + slot.retry:
        end_error(slot, now)


def end_error(slot: MemberSlot, now: float) -> None:
    """The member is in error no more; whether it answers is about to be found out."""
    slot.failure[0] = 0.0
    slot.failure[1] = now
    slot.own[RETRIES] += 1


def recover(balance: Balance, now: float) -> None:
    """With every member in error, take all of them out of it, unless forcerecovery is off: better one try than none.

    On the way the members in error before the first healthy one are tried again if it is their time, as in httpd.
    """
    slots = balance.slots
    for slot in slots:
        if slot.failure[0] == 0.0:
            return
        try_again(slot, now)
        if slot.failure[0] == 0.0:
            return
    if balance.forcerecovery:
        for slot in slots:
            end_error(slot, now)
        if balance.trace is not None and slots:
            balance.trace.append("every member is in error: all are tried again (forcerecovery)")


def mark_failed(balance: Balance | None, slot: MemberSlot, now: float) -> bool:
    """The member refused, or failed in another way that counts: put it into error unless it ignores errors (status=+I).

    Returns whether it is unusable now, which is httpd's condition for another attempt. A member outside of a balancer
    (`balance` None) is never put into error: every request tries it.
    """
    if balance is None:
        return False
    if not slot.shared[STATUS] & IGNORE_ERRORS:
        # 0.0 means healthy; a clock that says exactly that has just begun to count.
        slot.failure[0] = now or 1e-9
    return not slot.usable()
