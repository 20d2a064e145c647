"""Receiving and sending on non-blocking sockets, at the price of the system call.

Compiled, this is `read`, `write` and `writev` themselves; interpreted, their namesakes in `os`. It knows no protocol
and no TLS.
"""

from __future__ import annotations

import os
from typing import Any

import cython

from evenflow.wire.outlet import Outlet

if cython.compiled:
    from cython.cimports.libc.errno import EAGAIN, EINTR, errno
    from cython.cimports.posix.uio import iovec, writev
    from cython.cimports.posix.unistd import read, write

WOULD_BLOCK = -1
BROKEN = -2

# What became of an outlet.
SENT = 1
BLOCKED = 0
FAILED = -1

if cython.compiled:
    # The `.pxd` makes C variables of these, which Python does not see: put them where an import looks.
    globals().update(WOULD_BLOCK=WOULD_BLOCK, BROKEN=BROKEN, SENT=SENT, BLOCKED=BLOCKED, FAILED=FAILED)


def receive(fd: int, buffer: bytearray) -> int:
    """Read into `buffer` from its beginning; returns the bytes read, 0 at the end, WOULD_BLOCK or BROKEN."""
    if cython.compiled:
        pointer: Any = buffer
        while True:
            got = read(fd, pointer, len(buffer))
            if got >= 0:
                return got  # type: ignore[no-any-return]
            if errno == EAGAIN:
                return WOULD_BLOCK
            if errno != EINTR:
                return BROKEN
    try:
        return os.readv(fd, [buffer])
    except BlockingIOError:
        return WOULD_BLOCK
    except OSError:
        return BROKEN


def send_range(fd: int, buffer: bytearray, start: int, end: int) -> int:
    """Write `buffer[start:end]`; returns the bytes taken, WOULD_BLOCK or BROKEN."""
    if cython.compiled:
        pointer: Any = buffer
        while True:
            got = write(fd, pointer + start, end - start)
            if got >= 0:
                return got  # type: ignore[no-any-return]
            if errno == EAGAIN:
                return WOULD_BLOCK
            if errno != EINTR:
                return BROKEN
    try:
        return os.write(fd, memoryview(buffer)[start:end])
    except BlockingIOError:
        return WOULD_BLOCK
    except OSError:
        return BROKEN


def _send_both(fd: int, out: Outlet) -> int:
    """Write what is kept and what is lent in one call."""
    lent = out.lent
    assert lent is not None
    if cython.compiled:
        pieces = cython.declare(iovec[2])
        kept_pointer: Any = out.data
        lent_pointer: Any = lent
        pieces[0].iov_base = kept_pointer + out.start
        pieces[0].iov_len = out.end - out.start
        pieces[1].iov_base = lent_pointer + out.lent_start
        pieces[1].iov_len = out.lent_end - out.lent_start
        while True:
            got = writev(fd, pieces, 2)
            if got >= 0:
                return got  # type: ignore[no-any-return]
            if errno == EAGAIN:
                return WOULD_BLOCK
            if errno != EINTR:
                return BROKEN
    try:
        kept = memoryview(out.data)[out.start : out.end]
        return os.writev(fd, [kept, memoryview(lent)[out.lent_start : out.lent_end]])
    except BlockingIOError:
        return WOULD_BLOCK
    except OSError:
        return BROKEN


def send_outlet(fd: int, out: Outlet) -> int:
    """Send what waits in `out`: SENT when nothing is left, BLOCKED when the socket takes no more, FAILED if broken.

    Nothing is lent any more afterwards: what could not be sent has been copied.
    """
    kept = out.end - out.start
    lent = out.lent_end - out.lent_start
    if kept == 0 and lent == 0:
        return SENT
    if lent == 0:
        got = send_range(fd, out.data, out.start, out.end)
    elif kept == 0:
        got = send_range(fd, out.lent, out.lent_start, out.lent_end)  # type: ignore[arg-type]
    else:
        got = _send_both(fd, out)
    if got == BROKEN:
        return FAILED
    if got == kept + lent:
        out.clear()
        return SENT
    if got > 0:
        taken = got if got < kept else kept
        out.start += taken
        out.lent_start += got - taken
    out.settle()
    return BLOCKED
