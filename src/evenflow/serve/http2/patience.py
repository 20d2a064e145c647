"""How much a client may ask for that costs it nothing: resets of its own requests, pings, settings.

A bucket, as in nghttp2: what is spent comes back slowly.
"""

from __future__ import annotations

from typing import Final

BURST: Final = 1000
"""A browser that leaves a page takes back every request of it."""
RATE: Final = 33.0
"""A second."""


class Patience:
    """Times are seconds of the caller's monotonic clock."""

    def __init__(self) -> None:
        self.left: float = BURST
        self.since = 0.0

    def bears(self, now: float) -> bool:
        """Whether it bears one more."""
        self.left = min(float(BURST), self.left + (now - self.since) * RATE)
        self.since = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
