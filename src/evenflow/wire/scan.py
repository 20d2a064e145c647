"""Looking for bytes in a buffer, without making an object of any.

The few places where compiled code calls C (`memchr`, `memcpy`); interpreted, the same functions use what Python has.
Nothing here knows what HTTP is.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import cython

if cython.compiled:
    from cython.cimports.libc.string import memchr, memcpy

Buffer: TypeAlias = bytes | bytearray

CONTROLS: Final = bytes(c for c in range(32) if c != 9) + b"\x7f"
"""Every control character but the tab."""


def find_byte(buffer: Buffer, value: int, start: int, end: int) -> int:
    """The position of the first byte `value` in `buffer[start:end]`, or -1."""
    if cython.compiled:
        base: cython.const_p_uchar = buffer
        if end <= start:
            return -1
        found = cython.cast(cython.const_p_uchar, memchr(base + start, value, end - start))
        return found - base if found != cython.NULL else -1
    return buffer.find(value, start, end)


def piece(buffer: Buffer, start: int, end: int) -> bytes:
    """A copy of `buffer[start:end]`."""
    if cython.compiled:
        return buffer[start:end]  # type: ignore[return-value]
    return bytes(buffer[start:end])


def find_head_end(buffer: Buffer, start: int, end: int) -> int:
    """The position behind the first CR LF CR LF in `buffer[start:end]`, or -1."""
    if cython.compiled:
        at = start + 3
        while True:
            at = find_byte(buffer, 10, at, end)
            if at < 0:
                return -1
            if buffer[at - 1] == 13 and buffer[at - 2] == 10 and buffer[at - 3] == 13:
                return at + 1
            at += 1
    found = buffer.find(b"\r\n\r\n", start, end)
    return found + 4 if found >= 0 else -1


def count_controls(buffer: Buffer, start: int, end: int) -> int:
    """How many control characters (all below 32 but the tab, and DEL) are in `buffer[start:end]`."""
    if cython.compiled:
        count = 0
        for at in range(start, end):
            # No branch, so that the C compiler can take sixteen bytes at a time.
            count += ((buffer[at] < 32) & (buffer[at] != 9)) | (buffer[at] == 127)
        return count
    piece = bytes(buffer[start:end])
    return len(piece) - len(piece.translate(None, CONTROLS))


def copy_bytes(target: bytearray, at: int, source: Buffer, start: int, end: int) -> None:
    """Copy `source[start:end]` to `target[at:]`, which must be long enough."""
    if cython.compiled:
        base: cython.const_p_uchar = source
        memcpy(cython.cast(cython.p_uchar, target) + at, base + start, end - start)
    else:
        target[at : at + end - start] = source[start:end]


def same_name(buffer: Buffer, start: int, end: int, name: bytes) -> bool:
    """Whether `buffer[start:end]` is the field name `name`, which is given in lower case."""
    size = end - start
    if size != len(name):
        return False
    if cython.compiled:
        wanted: cython.const_p_uchar = name
        for at in range(size):
            # Only letters have a case: 0x20 would also make `~` of `^`, and of `_` what is no `_`.
            if buffer[start + at] != wanted[at] and (
                buffer[start + at] | 0x20 != wanted[at] or wanted[at] < 97 or wanted[at] > 122
            ):
                return False
        return True
    return bytes(buffer[start:end]).lower() == name
