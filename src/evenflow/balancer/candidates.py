"""Who may be chosen: sets, spares, standbys, draining members and the error state, once for all lbmethods.

The methods next door take the candidates that are found here and return one of them.
"""

from __future__ import annotations

from evenflow.balancer.balance import Balance
from evenflow.balancer.health import try_again
from evenflow.slotmem.layout import DRAINING, LBSET, READY, SPARE, STANDBY, STATUS
from evenflow.slotmem.members import MemberSlot


def find_candidates(balance: Balance, now: float) -> list[MemberSlot]:
    """The members of the lowest lbset that has any who may be chosen, in the order in which a method compares them.

    Within a set: its usable members; then one spare for each unusable or draining one; and if that makes nobody, its
    standbys. So a standby goes before the next set. Empty if there is nobody. The list is reused by the next call.
    """
    slots = balance.slots
    found = balance.candidates
    found.clear()
    if balance.announced:
        add_announced(slots, found, now)
        lbset = -1
    else:
        lbset = add_lowest(slots, found, now)
    if balance.narrows:
        narrow(balance, found, now)
    if balance.trace is not None:
        describe_candidates(balance, lbset, now)
    return found


def add_lowest(slots: list[MemberSlot], found: list[MemberSlot], now: float) -> int:
    """Add those of the lowest lbset that has any; answer which one that is."""
    lbset = 0
    last = 0
    while lbset <= last:
        missing = 0
        spares = 0
        standbys = 0
        for slot in slots:
            own_set = slot.shared[LBSET]
            if own_set != lbset:
                if own_set > last:
                    last = own_set
                continue
            status = slot.shared[STATUS]
            if status & DRAINING:
                if not status & (SPARE | STANDBY):
                    missing += 1
                continue
            if slot.failure[0] != 0.0:
                try_again(slot, now)
            if status & SPARE:
                spares += 1
            elif status & STANDBY:
                standbys += 1
            elif slot.usable():
                found.append(slot)
            else:
                missing += 1
        if missing and spares:
            add_reserve(slots, found, lbset, SPARE, missing)
        if standbys and not found:
            add_reserve(slots, found, lbset, STANDBY, standbys)
        if found:
            break
        lbset += 1
    return lbset


def add_announced(slots: list[MemberSlot], found: list[MemberSlot], now: float) -> None:
    """Add every usable member that says it is ready, and does not drain."""
    for slot in slots:
        if slot.failure[0] != 0.0:
            try_again(slot, now)
        if slot.shared[READY] > 0 and slot.usable() and not slot.shared[STATUS] & DRAINING:
            found.append(slot)


def add_reserve(slots: list[MemberSlot], found: list[MemberSlot], lbset: int, kind: int, most: int) -> None:
    """Add the first usable members of this set and kind (SPARE or STANDBY; who is both counts as a spare)."""
    others = DRAINING if kind == SPARE else DRAINING | SPARE
    for slot in slots:
        if not most:
            return
        status = slot.shared[STATUS]
        if slot.shared[LBSET] == lbset and status & kind and not status & others and slot.usable():
            found.append(slot)
            most -= 1


def narrow(balance: Balance, found: list[MemberSlot], now: float) -> None:
    """Take those out who sit this turn out: outliers, and who has just recovered. Somebody always stays."""
    if balance.outliers is not None:
        balance.outliers.pass_over(found, now)
    if balance.slow_start is not None:
        balance.slow_start.hold_back(found, now)


def describe_candidates(balance: Balance, lbset: int, now: float) -> None:
    """Write into the trace what was found of every member."""
    trace = balance.trace
    assert trace is not None
    for slot in balance.slots:
        name = slot.member.name.decode("latin-1")
        if slot in balance.candidates:
            trace.append(f"{name}: may take it, is owed {slot.owed}, factor {slot.factor}")
        elif slot.error_since != 0.0:
            left = max(0.0, slot.error_since + slot.retry - now)
            trace.append(f"{name}: in error, is tried again in {left:.0f} s")
        elif not slot.usable():
            trace.append(f"{name}: disabled, stopped or failed by a health check")
        elif slot.status & DRAINING:
            trace.append(f"{name}: draining, takes only its own sessions")
        elif balance.announced and not slot.ready:
            trace.append(f"{name}: says nothing, or that it is not ready")
        elif slot.lbset != lbset and not balance.announced:
            trace.append(f"{name}: in set {slot.lbset}, the request is placed in set {lbset}")
        elif slot.ejected_until > now:
            trace.append(f"{name}: an outlier, is passed over for {slot.ejected_until - now:.0f} s")
        else:
            trace.append(f"{name}: {waits_as(slot)}")


def waits_as(slot: MemberSlot) -> str:
    """Why a usable member of the set is no candidate."""
    if slot.status & SPARE:
        return "waits as a spare"
    if slot.status & STANDBY:
        return "waits as a standby"
    return "has just recovered, and sits this turn out (EvenflowSlowStart)"
