"""The monotonic clock, at the price of reading it: seconds, the same for all processes of the machine."""

from __future__ import annotations

import time

import cython

if cython.compiled:
    from cython.cimports.posix.time import CLOCK_MONOTONIC, clock_gettime, timespec


def monotonic() -> float:
    """Seconds of CLOCK_MONOTONIC."""
    if cython.compiled:
        moment = cython.declare(timespec)
        clock_gettime(CLOCK_MONOTONIC, cython.address(moment))
        return moment.tv_sec + moment.tv_nsec * 1e-9  # type: ignore[no-any-return]
    return time.monotonic()
