"""By when a client must have sent what it has begun: RequestReadTimeout at work on one connection."""

from __future__ import annotations

from evenflow.plan.model import VirtualHost
from evenflow.plan.read_timeouts import ReadTimeouts, Stage

NEVER = float("inf")


class ReadLimit:
    """Seconds of the caller's monotonic clock."""

    def __init__(self) -> None:
        self.until = NEVER
        """When what the client is sending must have come."""
        self.most = NEVER
        """So far may its bytes put that off,"""
        self.per_byte = 0.0
        """by so many seconds each."""

    def begin_handshake(self, host: VirtualHost, now: float) -> None:
        """A connection with TLS is there."""
        timeouts = host.read_timeouts
        if isinstance(timeouts, ReadTimeouts):
            self._begin(timeouts.handshake, 0, now)

    def begin_head(self, host: VirtualHost, size: int, now: float) -> None:
        """A request's head has begun with so many bytes, and does not end in them."""
        timeouts = host.read_timeouts
        if isinstance(timeouts, ReadTimeouts):
            self._begin(timeouts.header, size, now)

    def begin_body(self, host: VirtualHost, size: int, now: float) -> None:
        """A request has a body, of which so many bytes may be here already."""
        timeouts = host.read_timeouts
        if isinstance(timeouts, ReadTimeouts):
            self._begin(timeouts.body, size, now)

    def _begin(self, stage: Stage, size: int, now: float) -> None:
        if stage.first > 0:
            self.until = now + stage.first
            self.most = now + stage.most if stage.most > 0 else NEVER
            self.per_byte = stage.per_byte
            self.put_off(size)
        else:
            self.until = NEVER

    def put_off(self, size: int) -> None:
        """Bytes came: a client that is fast enough has more time."""
        if self.per_byte > 0 and self.until != NEVER:
            self.until += size * self.per_byte
            if self.until > self.most:
                self.until = self.most

    def end(self) -> None:
        """It has come."""
        self.until = NEVER
