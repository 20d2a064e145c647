"""Max-Forwards: how many proxies a request may still pass (RFC 9110 section 7.6.2), as httpd counts them.

httpd counts for every method, not only for TRACE and OPTIONS. A request that may go no further is answered here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from evenflow.proxy.exchange import Exchange

PASSES: Final = 0
ENDS: Final = 1
"""TRACE and OPTIONS are answered here, everything else is a loop."""
GARBLED: Final = 2

MOST: Final = 2**63 - 1


def judge(value: bytes) -> int:
    """What a request's Max-Forwards says."""
    digits = value.strip(b" \t")
    if not digits.isdigit() or int(digits[:20]) >= MOST:
        return GARBLED
    return PASSES if int(digits[:20]) else ENDS


def goes_on(exchange: Exchange) -> bool:
    """Whether Max-Forwards lets the request go to a member; where it does not, it is answered here."""
    head = exchange.head
    judged = judge(head.get(b"max-forwards") or b"")
    if judged == PASSES:
        return True
    if judged == GARBLED:
        exchange.proxy_error(400, "Max-Forwards request header could not be parsed")
    elif head.method == b"TRACE" or head.method == b"OPTIONS":
        exchange.ends_here = True
        return True
    else:
        exchange.proxy_error(400, "Max-Forwards has reached zero - proxy loop?")
    return False
