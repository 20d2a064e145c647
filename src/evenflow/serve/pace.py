"""How fast one answer may go: mod_ratelimit's RATE_LIMIT, as a purse of bytes that fills while time goes by.

It counts; who sends asks it. Nothing is held back in memory: while the purse is empty, nobody reads on.
"""

from __future__ import annotations

from typing import Final

STEP: Final = 0.2
"""Seconds between two portions (httpd)."""


class Pace:
    """`rate` and `burst` in bytes, the first per second; `now` in seconds of any clock."""

    def __init__(self, rate: int, burst: int, now: float) -> None:
        self.rate = rate
        self.portion = max(rate * STEP, 1.0)
        self.left = self.portion + burst
        self.filled = now

    def allowance(self, now: float) -> int:
        """Bytes that may go now. What is not spent adds up to one portion, or to what is left of the burst."""
        if self.left < self.portion:
            self.left = min(self.left + (now - self.filled) * self.rate, self.portion)
        self.filled = now
        return int(self.left)

    def spend(self, size: int) -> None:
        """So many bytes went."""
        self.left -= size


def pace_of(env: dict[bytes, bytes], now: float) -> Pace | None:
    """What the variables say, KiB per second and KiB; None where they say nothing (httpd reads them with `atoi`)."""
    rate = kibibytes(env.get(b"rate-limit", b""))
    if rate <= 0:
        return None
    return Pace(rate * 1024, max(kibibytes(env.get(b"rate-initial-burst", b"")), 0) * 1024, now)


def kibibytes(text: bytes) -> int:
    """The number that a text begins with, 0 for none."""
    digits = text.lstrip()
    size = 0
    while size < len(digits) and 48 <= digits[size] <= 57:
        size += 1
    return int(digits[: min(size, 9)] or b"0")
