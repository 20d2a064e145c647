"""How many connections one child may have to a member that says `max`, and who waits for one.

It counts and queues; connections come and go elsewhere. Members without `max` have no pool, and nobody asks.
"""

from __future__ import annotations

from collections import deque
from typing import Any

FOREVER = 1e9
"""Seconds that stand for a wait without end."""


class MemberPool:
    """`waiting` are client connections, the longest waiting first."""

    def __init__(self, limit: int, acquire: float) -> None:
        self.limit = limit
        self.acquire = acquire or FOREVER
        """Seconds that a request waits for a connection."""
        self.open = 0
        """Connections that are there: being made, at work, or kept."""
        self.waiting: deque[Any] = deque()

    def admits(self, client: Any, called: bool, idle: list[Any]) -> bool:
        """Whether `client` may make a connection; else it waits here and is called when there may be room.

        `called`: it has waited already, and it is its turn. `idle` are kept connections: one that `client` could not
        use makes room.
        """
        if called or not self.waiting:
            if self.open >= self.limit and idle:
                idle.pop(0).close()
            if self.open < self.limit:
                return True
            self.waiting.appendleft(client)
        else:
            self.waiting.append(client)
        client.waits_for = self
        return False

    def wake(self, loop: Any) -> None:
        """There may be room: the next that still waits is called, from the loop."""
        while self.waiting:
            client = self.waiting.popleft()
            if client.waits_for is self and not client.closed:
                loop.call_soon(client.pool_has_room, self)
                return
