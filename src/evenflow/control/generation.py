"""One loaded configuration with everything that had to be opened for it, ready to be forked into children.

A reload will make a second one beside the first; so nothing of it is kept in the supervisor by other ways.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evenflow.control import listening, log_pipes, map_programs
from evenflow.control.privileges import Identity
from evenflow.plan.model import Plan
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.scoreboard import Scoreboard

Run = Callable[[Plan, list[listening.Bound], Scoreboard, int, dict[str, Callable[..., Any]], ErrorLog], None]
"""`evenflow.serve.loop.run`: serve with these sockets until drained; SIGTERM is its signal to drain."""


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

    def stop_listening(self) -> None:
        """Close the supervisor's copies of the listening sockets: when children close theirs, clients are refused."""
        listening.close(self.shares)

    def close(self) -> None:
        """Give back what was opened; for when no child of it lives."""
        self.stop_listening()
        log_pipes.close_pipes(self.pipes)
        map_programs.close_programs(self.programs)
