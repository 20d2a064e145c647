"""Where members are, for people: the addresses that are in use, since when, and how long they count."""

from __future__ import annotations

import math
from typing import Any

from evenflow.plan.model import Member
from evenflow.slotmem.addresses import NOTHING, Answer, is_name
from evenflow.slotmem.layout import UNKNOWN
from evenflow.slotmem.scoreboard import Scoreboard


def known_address(member: Member, board: Scoreboard) -> Answer:
    """What the watchdog has found out about the member's name; NOTHING for one that has none."""
    if member.socket or not is_name(member.dial_host):
        return NOTHING
    return board.address(member.slot).read(member.dial_host)


def describe_address(member: Member, known: Answer, now: float) -> dict[str, Any] | None:
    """For JSON: `age` and `ttl` in seconds, `ttl` null where nobody says one; null for a member without a name."""
    if member.socket or not is_name(member.dial_host):
        return None
    return {
        "name": member.dial_host,
        "addresses": list(known.addresses),
        "age": None if known.state == UNKNOWN else max(0.0, now - known.learned),
        "ttl": known.ttl or None,
        "asked_again_in": None if known.state == UNKNOWN or math.isinf(known.due) else max(0.0, known.due - now),
        "cause": known.cause or None,
    }


def in_words(told: dict[str, Any] | None) -> str:
    """What `describe_address` told: `127.0.0.1, resolved 12 s ago, ttl 30`; "" for a member without a name."""
    if told is None:
        return ""
    if told["age"] is None:
        return "not resolved yet"
    if not told["addresses"]:
        return f"`{told['name']}` does not resolve: {told['cause']}"
    ttl = f", ttl {told['ttl']:g}" if told["ttl"] else ""
    late = f"; {told['cause']}" if told["cause"] else ""
    return f"{' '.join(told['addresses'])}, resolved {told['age']:.0f} s ago{ttl}{late}"
