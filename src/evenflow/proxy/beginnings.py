"""The beginning of a request whose head is not whole: can it become one?

What cannot is refused early: too long a line, no HTTP version in the first one, a line without CR, no end in sight.
"""

from __future__ import annotations

from typing import Final

from evenflow.wire.faults import ProtocolFault
from evenflow.wire.scan import Buffer, find_byte

MOST_HEAD: Final = 1 << 20
"""A request head that is longer is refused, whatever the limits for its lines say."""
MOST_NOTED: Final = 8191
"""Bytes of a refused request that are kept for the log."""


def fault_of(buffer: Buffer, start: int, end: int, searched: int, limit: int) -> ProtocolFault | None:
    """What is wrong with `buffer[start:end]` as the beginning of a head, None while nothing is. Up to `searched` it was
    looked at before; `limit` is the longest request line, 0 for any."""
    line_end = find_byte(buffer, 10, start, end)
    if line_end < 0:
        if limit and end - start > limit + 2:
            return ProtocolFault(f"the request line is longer than {limit} bytes", 414)
        return None
    if line_end >= searched and bytes(buffer[start:line_end]).find(b" HTTP/") < 0:
        return ProtocolFault("the request line has no protocol version", 400)
    if end - start > MOST_HEAD:
        return ProtocolFault(f"the head is longer than {MOST_HEAD} bytes", 400)
    # Only what is new is looked at, so that a slow client cannot make us read its head again and again.
    at = line_end if line_end > searched else find_byte(buffer, 10, searched, end)
    while at >= 0:
        if at > start and buffer[at - 1] != 13:
            return ProtocolFault("a line of the head ends without CR", 400)
        at = find_byte(buffer, 10, at + 1, end)
    return None


def noted(buffer: Buffer, start: int, end: int) -> bytes:
    """So much of a refused request as a log looks at."""
    return bytes(buffer[start : end if end < start + MOST_NOTED else start + MOST_NOTED])
