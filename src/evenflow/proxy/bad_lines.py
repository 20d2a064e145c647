"""A member's header lines without a colon, where ProxyBadHeader forgives them.

By default such an answer is an error, and nobody asks here.
"""

from __future__ import annotations

from typing import Final

IS_ERROR: Final = 0
IGNORE: Final = 1
START_BODY: Final = 2


def forgiven(head: bytes, way: int) -> tuple[bytes, int]:
    """The head without its bad lines, and how many bytes of it are the head's: behind them the body begins."""
    kept: list[bytes] = []
    at = 0
    for line in head.splitlines(keepends=True):
        begins = at
        at += len(line)
        if begins and line.strip(b"\r\n") and line[0] not in b" \t" and b":" not in line:
            if way == START_BODY:
                return b"".join(kept) + b"\r\n", at
            continue
        kept.append(line)
    return b"".join(kept), len(head)
