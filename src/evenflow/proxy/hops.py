"""Max-Forwards: how many proxies a request may still pass (RFC 9110 section 7.6.2), as httpd counts them.

httpd counts for every method, not only for TRACE and OPTIONS. A request that may go no further is answered here.
"""

from __future__ import annotations

from typing import Final

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
