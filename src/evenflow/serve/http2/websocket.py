"""A WebSocket over a stream (RFC 8441): what its member must have answered."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 section 1.3"""


def accepts(key: bytes, fields: list[tuple[bytes, bytes]]) -> bool:
    """Whether the member's 101 belongs to the key that it was given; nobody behind us can find out."""
    if not key:
        return False
    wanted = base64.b64encode(hashlib.sha1(key + MAGIC, usedforsecurity=False).digest())
    for name, value in fields:
        if name == b"sec-websocket-accept":
            return value == wanted
    return False
