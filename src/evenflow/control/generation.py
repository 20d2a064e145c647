"""One loaded configuration with everything that had to be opened for it, ready to be forked into children.

A reload makes a second one beside the first; so nothing of it is kept in the supervisor by other ways.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from evenflow.control import listening, log_pipes, map_programs
from evenflow.control.console.place import Console
from evenflow.control.privileges import Identity
from evenflow.plan.model import Plan
from evenflow.serve import log_output
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.handed_on import CONSOLE
from evenflow.slotmem.scoreboard import Scoreboard

Run = Callable[
    [Plan, list[listening.Bound], Scoreboard, int, dict[str, Callable[..., Any]], ErrorLog, socket.socket | None], None
]
"""`evenflow.serve.loop.run`: serve with these sockets until drained; SIGTERM is its signal to drain. The last is the
line to the supervisor."""


@dataclass(slots=True)
class Generation:
    """`shares[i]` are the listening sockets of child `i`; there are as many shares as children."""

    plan: Plan
    run: Run
    shares: list[list[listening.Bound]]
    scoreboard: Scoreboard
    log: ErrorLog
    handlers: dict[str, Callable[..., Any]] = field(default_factory=dict)
    identity: Identity | None = None
    pipes: list[log_pipes.LogPipe] = field(default_factory=list)
    programs: list[map_programs.MapProgram] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    """Log files as the generation before has them open: closed when this one serves, taken back when it does not."""
    foreign: bool = False
    """Loaded by a program before this one (`estate`): nobody can be forked for it."""
    console: Console | None = None
    """Where children find the manager's page; None where there is none."""

    def furnish(self, console: Console | None, path: str, previous: Generation | None) -> None:
        """There is a console: let children hand requests on to it."""
        self.console = console
        if console is not None:
            had = previous.console if previous is not None else None
            before = (had, previous.scoreboard) if previous is not None and had is not None else None
            console.settle(self.scoreboard, path, self.log, before)
            self.handlers[CONSOLE] = console.itself

    def stop_listening(self) -> None:
        """Close the supervisor's copies of the listening sockets: when children close theirs, clients are refused."""
        listening.close(self.shares)

    def hand_over(self, younger: Generation) -> None:
        """`younger` serves from here on: close the supervisor's copies of sockets that it does not go on with."""
        listening.close_others(self.shares, younger.shares)
        self.shares = []
        log_output.close_files(younger.files)
        younger.files = {}

    def close(self, others: Sequence[Generation] = ()) -> None:
        """Give back what was opened and none of `others` uses; for when no child of it lives."""
        listening.close_others(self.shares, [share for one in others for share in one.shares])
        used = [pipe for one in others for pipe in one.pipes]
        log_pipes.close_pipes([pipe for pipe in self.pipes if pipe not in used])
        map_programs.close_programs(self.programs)
        kept = [tokens for one in others for tokens in one.scoreboard.tokens.values()]
        for tokens in self.scoreboard.tokens.values():
            if tokens not in kept:
                tokens.close()
        self.scoreboard.tokens.clear()
