"""Who a generation's processes are: a place for each child and one for the watchdog, and who fills it now.

Whom to fork, bury and replace is the supervisor's.
"""

from __future__ import annotations

import contextlib
import os
import socket

from evenflow.control import watchdog
from evenflow.control.generation import Generation
from evenflow.slotmem.children import ChildState


class Post:
    """One child's place: who fills it, since when, and when it is to be filled again. Times are monotonic seconds."""

    __slots__ = ("index", "pid", "place", "started", "quick_deaths", "due", "line")

    def __init__(self, index: int) -> None:
        self.index = index
        self.pid = 0
        """0 while nobody fills it."""
        self.place = 0
        """Its row among those that hold tokens."""
        self.started = 0.0
        self.quick_deaths = 0
        self.due = 0.0
        self.line: socket.socket | None = None
        """Our end of what leads to it: a judge listens there."""

    def tell(self, number: int) -> None:
        """Send a signal to whoever fills it."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def vacate(self) -> None:
        """Whoever filled it is gone."""
        self.pid = 0
        if self.line is not None:
            self.line.close()
            self.line = None


class Crew:
    """One generation's children."""

    __slots__ = ("generation", "posts", "watch")

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.posts = [Post(index) for index in range(len(generation.shares))]
        watched = watchdog.wanted(generation.plan) or generation.console is not None
        self.watch = Post(len(self.posts)) if watched else None
        """The watchdog's place; None where there is nothing to watch."""

    def everybody(self) -> list[Post]:
        """The children's places and the watchdog's."""
        return [*self.posts, self.watch] if self.watch is not None else self.posts

    def tell(self, number: int) -> None:
        """Send a signal to everybody."""
        for post in self.everybody():
            post.tell(number)

    def living(self) -> int:
        return sum(1 for post in self.everybody() if post.pid)

    def serving(self) -> bool:
        """Whether everybody is there and hears signals."""
        rows = [self.generation.scoreboard.child(post.index) for post in self.posts]
        return all(post.pid and row.state is ChildState.SERVING for post, row in zip(self.posts, rows, strict=True))
