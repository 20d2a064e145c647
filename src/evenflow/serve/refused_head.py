"""What a log can say of a request whose head could not be read.

The line and the fields before the fault, taken apart without asking whether they may be so: nothing is forwarded that
comes from here. httpd logs the same of such requests.
"""

from __future__ import annotations

import re
from typing import Final

VERSION: Final = re.compile(rb"HTTP/\d\.\d$")


class RefusedHead:
    """The beginning of a head as it came; b"" where nothing did."""

    __slots__ = ("line", "method", "target", "path", "query", "protocol", "_lines")

    def __init__(self, data: bytes) -> None:
        lines = data.split(b"\n")
        words = lines[0].rstrip(b"\r").split(b" ", 2)
        words += [b""] * (3 - len(words))
        self.method = words[0]
        self.target = words[1]
        # What follows the protocol is no part of a request line, and httpd forgets it.
        self.protocol = words[2].split(b" ", 1)[0]
        self.line = b" ".join([word for word in (self.method, self.target, self.protocol) if word])
        path, mark, query = self.target.partition(b"?")
        self.path = path
        self.query: bytes | None = query if mark else None
        if not VERSION.match(self.protocol):
            self.protocol = b"HTTP/1.0"
        self._lines = lines[1:]

    def field(self, name: bytes) -> bytes | None:
        """The value of a field that stands before the first line that is none; `name` is lower case."""
        found: bytes | None = None
        for line in self._lines:
            key, colon, value = line.partition(b":")
            if not colon or not key or key != key.strip() or b" " in key or not line.endswith(b"\r"):
                break
            if key.lower() == name:
                value = value.strip(b" \t\r")
                found = value if found is None else found + b", " + value
        return found
