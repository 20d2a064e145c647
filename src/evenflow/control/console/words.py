"""Numbers and moments in words, and what state a member is in: as page and events say it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evenflow.control.manager.view import MemberView
from evenflow.slotmem.layout import CHECK_FAILED, DISABLED, DRAINING, LONG_AGO, SPARE, STANDBY, STOPPED

GOOD: Final = "good"
IDLE: Final = "idle"
LEAVING: Final = "leaving"
OFF: Final = "off"
BAD: Final = "bad"
KINDS: Final = (BAD, LEAVING, OFF, IDLE, GOOD)
"""What a state means for whoever looks, the most urgent first."""

STAGES_SAID: Final = {
    "connect": "it accepts no connection",
    "handshake": "TLS with it failed",
    "timeout": "it did not answer in time",
    "closed": "it closed the connection before its answer was complete",
    "status": "it answered with a status that counts as a failure",
    "protocol": "its answer was no HTTP",
}


@dataclass(frozen=True, slots=True)
class State:
    """`word` is shown beside a colour that says the same (`kind`); `why` is a sentence or ""."""

    kind: str
    word: str
    why: str = ""


def state_of(
    view: MemberView, now: float, stage: str = "", check: str = "", passing_over: int = 0, children: int = 1
) -> State:
    """What is to be said of a member. `stage` is where it failed last, `check` what its last health check found wrong,
    `passing_over` how many children take it for an outlier; `now` is CLOCK_MONOTONIC.
    """
    slot = view.slot
    status = slot.status
    left = in_flight(view)
    then = "; then it is removed" if slot.goes > 0.0 else ""
    if status & STOPPED:
        return State(OFF, "stopped", (f"takes nothing; {left} in flight" if view.busy else "takes nothing") + then)
    if status & DISABLED:
        return State(OFF, "disabled", (f"takes nothing new; {left} in flight" if view.busy else "takes nothing") + then)
    if status & CHECK_FAILED:
        return State(BAD, "failing its check", check or "its health check fails")
    if view.unresolved:
        return State(BAD, "name does not resolve", view.unresolved)
    if slot.error_since:
        return State(BAD, "in error", f"{STAGES_SAID.get(stage, 'the error log says why')}; {next_try(view, now)}")
    if status & DRAINING:
        state = draining(view, now, left)
        return State(state.kind, state.word, state.why + then)
    if passing_over:
        return State(LEAVING, "passed over", f"an outlier for {passing_over} of {children} children")
    if status & STANDBY:
        return State(IDLE, "standby", "takes requests when no other member can")
    if status & SPARE:
        return State(IDLE, "spare", "takes the place of a member that cannot serve")
    return State(GOOD, "serving")


def draining(view: MemberView, now: float, left: str) -> State:
    """How far a drain is; `left` is what is in flight, in words."""
    until = f"; its tunnels leave within {duration(view.slot.leave_by - now)}" if view.slot.leave_by > now else ""
    if view.left is None:
        if not view.busy:
            return State(LEAVING, "drained", "nothing is in flight; sessions that it has come back to it")
        return State(LEAVING, "draining", f"{left} in flight; only its own sessions come{until}")
    if not view.busy and not view.left.sessions:
        return State(LEAVING, "drained", "no session and no request is left: it can be disabled")
    sessions = counted(view.left.sessions, "session", "sessions")
    if view.left.expected is not None:
        when = f"empty in about {duration(view.left.expected)}"
    else:
        when = f"empty in {duration(view.left.earliest)} at the earliest"
    return State(LEAVING, "draining", f"{sessions} left, {left} in flight; {when}{until}")


def in_flight(view: MemberView) -> str:
    """`2 requests`, `1 tunnel`, `2 requests and 1 tunnel`."""
    requests = counted(view.busy - view.tunnels, "request", "requests")
    if not view.tunnels:
        return requests
    tunnels = counted(view.tunnels, "tunnel", "tunnels")
    return f"{requests} and {tunnels}" if view.busy > view.tunnels else tunnels


def next_try(view: MemberView, now: float) -> str:
    """When a member in error is tried again."""
    since = view.slot.error_since
    left = since + view.member.retry - now
    if since == LONG_AGO or left <= 0:
        return "the next request tries it again"
    return f"it is tried again in {duration(left)}"


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def duration(seconds: float) -> str:
    """`45 s`, `3 min`, `2 h 5 min`, `3 d 4 h`: the two parts that matter."""
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def milliseconds(seconds: float | None) -> str:
    """`4.2 ms`, `38 ms`, `1.25 s`; `–` where nothing was answered."""
    if seconds is None or seconds < 0:
        return "–"
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def size(count: float) -> str:
    """Bytes, decimal: `830 B`, `1.2 kB`, `34 MB`."""
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if count < 1000 or unit == "TB":
            break
    return f"{count:.1f} {unit}" if count < 10 else f"{count:.0f} {unit}"


def rate(number: float) -> str:
    """Something a second: `0`, `0.4`, `38`."""
    return f"{number:.1f}" if 0 < number < 9.95 else f"{number:.0f}"


def whole(number: int) -> str:
    """With a thin space between thousands."""
    return f"{number:,}".replace(",", "\u202f")


def clock(moment: float) -> str:
    """A time of day, with the date where it is not today's; `moment` as time.time gives it."""
    local = time.localtime(moment)
    today = time.localtime()
    return time.strftime("%H:%M:%S" if local[:3] == today[:3] else "%Y-%m-%d %H:%M", local)


def wall(monotonic: float) -> float:
    """A moment of CLOCK_MONOTONIC as time.time gives it."""
    return time.time() - (time.monotonic() - monotonic)


def summed_up(kinds: Sequence[str], words: Sequence[str]) -> str:
    """`10 serving, 1 draining, 1 in error`: the most urgent first."""
    order = sorted(set(zip(kinds, words, strict=True)), key=lambda pair: KINDS.index(pair[0]))
    pairs = list(zip(kinds, words, strict=True))
    return ", ".join(f"{pairs.count(pair)} {pair[1]}" for pair in order)
