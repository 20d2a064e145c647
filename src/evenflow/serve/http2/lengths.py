"""No frame is longer than was allowed.

The library looks at a frame's length when the whole frame has come: that would be up to 16 MiB in memory for each
connection. Here lengths are read as bytes pass by (RFC 9113 section 4.1).
"""

from __future__ import annotations

from typing import Final

HEADER: Final = 9
PREFACE: Final = 24


class Lengths:
    """Feed it every byte of one direction, the preface first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.left = PREFACE
        """Bytes until the next frame begins."""
        self.begun = b""
        """What came of its header."""

    def fit(self, data: bytes) -> bool:
        """Whether every frame that begins in `data` is short enough."""
        at = self.left
        size = len(data)
        if self.begun:
            header = self.begun + data[: HEADER - len(self.begun)]
            if len(header) < HEADER:
                self.begun = header
                return True
            length = int.from_bytes(header[:3], "big")
            if length > self.most:
                return False
            at = HEADER - len(self.begun) + length
            self.begun = b""
        while at < size:
            if size - at < HEADER:
                self.begun = data[at:]
                at = size
                break
            length = int.from_bytes(data[at : at + 3], "big")
            if length > self.most:
                return False
            at += HEADER + length
        self.left = at - size
        return True
