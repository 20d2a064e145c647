"""Who may connect to a member that says `max`, and who waits for it: the first who came is the first to be served.

A connection holds a token of `slotmem.tokens`, of which all children and generations have `max` together, from before
it is made until it is closed. Who finds none waits here, in its child's queue. Members without `max` have no pool, and
nobody asks.

A kept connection holds a token too, and no child keeps one that another waits for: while somebody waits elsewhere, one
that becomes free is closed, and those that are kept already within a tick of the loop (0.1 s). A child that has a queue
of its own hands its connections on within it, until somebody elsewhere has waited for `FAIRNESS` seconds longer than
its own first.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from evenflow.serve.clock import monotonic
from evenflow.slotmem.tokens import Tokens

FOREVER = 1e9
"""Seconds that stand for a wait without end."""
FAIRNESS = 0.1
"""Seconds that a child's own may go first."""
STANDS_BACK = 0.01
"""Seconds that a child takes no token after it has given one up for somebody elsewhere."""


class MemberPool:
    """One child's, for one member. `place` is the child's row among the tokens'."""

    def __init__(self, tokens: Tokens, place: int, acquire: float, loop: Any) -> None:
        self.tokens = tokens
        self.place = place
        self.acquire = acquire or FOREVER
        """Seconds that a request waits for a connection."""
        self.loop = loop
        self.waiting: deque[tuple[Any, float]] = deque()
        """Client connections and since when they wait, the longest waiting first."""
        self.granted: dict[Any, bool] = {}
        """Those that were called and did not come yet: whether a token is held for them."""
        self.called_since = 0.0
        self.listening = False
        self.resting = False

    # --- who wants to connect -----------------------------------------------------------------------------------------

    def admits(self, client: Any, called: bool, idle: list[Any]) -> bool:
        """Whether `client` may make a connection, for which a token is held then; else it waits here and is called when
        there may be room.

        `called`: it has waited already, and it is its turn. `idle` are kept connections: one that `client` could not
        use makes room.
        """
        since = 0.0
        if called:
            if self.granted.pop(client, False):
                return True
            since = self.called_since
        if called or not self.waiting:
            if self.tokens.take(self.place):
                return True
            if idle:
                idle.pop(0).close()
                if self.tokens.take(self.place):
                    return True
            self.waiting.appendleft((client, since or monotonic()))
        else:
            self.waiting.append((client, monotonic()))
        client.waits_for = self
        self.tell()
        return False

    def decline(self, client: Any) -> None:
        """It was called and is gone: the next may come."""
        if not self.settled(client):
            self.wake()

    def settled(self, client: Any) -> bool:
        """It was called and found a kept connection; whether a token was held for it, which goes back."""
        if self.granted.pop(client, False):
            self.give()
            return True
        return False

    # --- connections --------------------------------------------------------------------------------------------------

    def give(self) -> None:
        """A connection is closed, or could not be made."""
        self.tokens.give(self.place)

    def waiting_elsewhere(self) -> bool:
        """Whether a connection that became free is to be closed, for somebody in another child."""
        count, since = self.tokens.others(self.place)
        if count and self.waiting:
            if since + FAIRNESS >= self.waiting[0][1]:
                return False
            self.stand_back()
        return count > 0

    def wake(self) -> None:
        """A kept connection is there: the next that still waits is called, from the loop."""
        self.call_next(False)
        self.tell()

    def call_next(self, token: bool) -> bool:
        """Call the first that still waits, for whom a token is held or not; False where nobody does."""
        while self.waiting:
            client, since = self.waiting.popleft()
            if client.waits_for is self and not client.closed and client not in self.granted:
                self.granted[client] = token
                self.called_since = since
                self.loop.call_soon(client.pool_has_room, self)
                return True
        return False

    # --- tokens -------------------------------------------------------------------------------------------------------

    def on_token(self) -> None:
        """There are tokens, at least there were."""
        while self.waiting and self.tokens.take(self.place):
            if not self.call_next(True):
                self.give()
        self.tell()

    def tell(self) -> None:
        """Listen for tokens while somebody waits, and tell the other children that somebody does."""
        if self.waiting:
            self.tokens.tell(self.place, len(self.waiting), self.waiting[0][1])
        else:
            self.tokens.tell(self.place, 0, 0.0)
        listens = bool(self.waiting) and not self.resting
        if listens and not self.listening:
            self.loop.add_reader(self.tokens.fd, self.on_token)
        elif self.listening and not listens:
            self.loop.remove_reader(self.tokens.fd)
        self.listening = listens

    def stand_back(self) -> None:
        """Let somebody elsewhere have the next token."""
        if not self.resting:
            self.resting = True
            self.tell()
            self.loop.call_later(STANDS_BACK, self.come_back)

    def come_back(self) -> None:
        self.resting = False
        self.tell()

    def tick(self, idle: list[Any]) -> None:
        """Forget who waits no more, and give up kept connections for those who wait elsewhere."""
        if self.waiting:
            self.waiting = deque(
                [entry for entry in self.waiting if entry[0].waits_for is self and not entry[0].closed]
            )
            if idle:
                self.wake()
            self.tell()
        elif idle:
            wanted = self.tokens.others(self.place)[0]
            while wanted > 0 and idle:
                idle.pop(0).close()
                wanted -= 1
