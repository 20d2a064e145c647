"""The one exception of the wire room: a peer breaks the protocol.

Raised where a byte is wrong, caught at one door. It knows the status that a client gets for it and a sentence for the
log.
"""

from __future__ import annotations


class ProtocolFault(Exception):
    """`message` says in words what is wrong; `status` is what a client is answered (for a backend's, 502 or 500)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
