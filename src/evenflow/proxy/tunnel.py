"""A tunnel: two connections that have stopped speaking HTTP to us.

It knows who still sends, how long both may be silent, and how much went through. Bytes are moved by whoever holds the
sockets; none is looked at.
"""

from __future__ import annotations

from evenflow.balancer.choose import begin_tunnel, end_tunnel
from evenflow.slotmem.members import MemberSlot


class Tunnel:
    """The member stays busy until `close`. `timeout` is seconds of silence on both sides after which httpd cuts it."""

    def __init__(self, slot: MemberSlot, timeout: float) -> None:
        self.slot: MemberSlot | None = slot
        begin_tunnel(slot)
        self.timeout = timeout
        self.sent = 0
        """Bytes to the member."""
        self.received = 0
        """Bytes from the member."""
        self.half_closes = True
        """Whether one side may still speak when the other has ended."""
        self.client_ended = False
        self.backend_ended = False

    def over(self) -> bool:
        """Whether both sides have said their last byte, or one where that is enough."""
        if not self.half_closes:
            return self.client_ended or self.backend_ended
        return self.client_ended and self.backend_ended

    def close(self) -> None:
        """Give the member back; a second call does nothing."""
        if self.slot is not None:
            end_tunnel(self.slot, self.sent, self.received)
            self.slot = None
