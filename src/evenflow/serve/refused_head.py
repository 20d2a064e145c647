"""What a log can say of a request whose head could not be read.

The line and the fields before the fault, taken apart without asking whether they may be so: nothing is forwarded that
comes from here. httpd logs the same of such requests.
"""

from __future__ import annotations

import re
from typing import Final

PROTOCOL: Final = re.compile(rb"http/\d\.\d$", re.I)
ORDINARY: Final = re.compile(rb"[!#-'*+.0-9A-Z^_`a-z|~-]+ [!-~]+ HTTP/\d\.\d\r?$")
"""A request line behind which httpd reads on."""


class RefusedHead:
    """The beginning of a head as it came; b"" where nothing did."""

    __slots__ = ("line", "method", "target", "path", "query", "protocol", "_fields")

    def __init__(self, data: bytes) -> None:
        lines = data.split(b"\n")
        # What follows the protocol is no part of a request line, and httpd forgets it.
        words = lines[0].split()[:3]
        self.line = b" ".join(words)
        if len(lines) == 1:
            # A line that has no end was not taken apart.
            words = []
        words += [b""] * (3 - len(words))
        self.method, self.target = words[0], words[1]
        self.protocol = words[2] if PROTOCOL.match(words[2]) else b"HTTP/1.0"
        path, mark, query = self.target.partition(b"?")
        self.path = path
        self.query: bytes | None = query if mark else None
        # The last piece is no whole line. httpd takes a field once it has read the line behind it.
        self._fields = lines[1:-2] if ORDINARY.match(lines[0]) else []

    def field(self, name: bytes) -> bytes | None:
        """The value of a field that stands before the first line that is none; `name` is lower case."""
        found: bytes | None = None
        for line in self._fields:
            key, colon, value = line.partition(b":")
            if not colon or not key or b" " in key or b"\t" in key or not line.endswith(b"\r"):
                break
            if key.lower() == name:
                value = value.strip(b" \t\r")
                found = value if found is None else found + b", " + value
        return found
