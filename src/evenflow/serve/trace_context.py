"""W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace a request belongs to, as fields say it.

A `traceparent` that is not as it should be counts as none; then `tracestate` counts for nothing either. It knows no
exchange.
"""

from __future__ import annotations

import random
import re
from typing import Final

# Version 00 is exactly this long; a later one may have more behind another `-`, and ff is none.
PARENT: Final = re.compile(rb"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
SAMPLED: Final = 1


class Context:
    """A place in a trace: ids as lower-case hex."""

    __slots__ = ("trace", "span", "sampled")

    def __init__(self, trace: bytes, span: bytes, sampled: bool) -> None:
        self.trace = trace
        self.span = span
        self.sampled = sampled

    def spelled(self) -> bytes:
        """As a field's value, in version 00."""
        return b"00-%b-%b-%b" % (self.trace, self.span, b"01" if self.sampled else b"00")


def read_parent(value: bytes | None) -> Context | None:
    """A `traceparent`; None for none, and for one that is not valid (several of them, joined, are not)."""
    if value is None:
        return None
    found = PARENT.fullmatch(value)
    if found is None:
        return None
    version, trace, span, flags, more = found.groups()
    if (more is not None and version == b"00") or not trace.strip(b"0") or not span.strip(b"0"):
        return None
    return Context(trace, span, bool(int(flags, 16) & SAMPLED))


def new_trace() -> bytes:
    """An id that nobody has; never all zeros."""
    return b"%032x" % (random.getrandbits(128) or 1)


def new_span() -> bytes:
    return b"%016x" % (random.getrandbits(64) or 1)


def within(trace: bytes, share: float) -> bool:
    """Whether a trace is one of this share of all: decided by its id, so that everybody who decides so agrees."""
    return int(trace[-14:], 16) < share * (1 << 56)
