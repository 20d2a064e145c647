"""What happens while nothing happens: a quiet WebSocket, for as long as editors pause."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.tools.doctor.asking import Unanswered
from evenflow.tools.doctor.synchrony import BAYEUX, INTERNAL
from evenflow.tools.doctor.visit import Finding, Visit, found, unknown
from evenflow.tools.doctor.websocket import quiet_until, shake


def check_quiet_tunnel(visit: Visit) -> Iterator[Finding]:
    """Open a WebSocket, say nothing, and note the second at which it is cut."""
    check = "quiet WebSocket"
    if visit.idle <= 0:
        yield unknown(check, "not waited for (--idle 0)")
        return
    for target in (BAYEUX, visit.path + INTERNAL):
        try:
            shaken = shake(visit.site, target)
        except Unanswered:
            continue
        if shaken.link is None:
            continue
        try:
            ended = quiet_until(shaken.link, visit.idle)
        finally:
            shaken.close()
        if ended is not None:
            yield found("tunnel-cut", check, f"{target}: cut after {ended:.1f} s of silence")
        return
    yield unknown(check, "no WebSocket opens")
