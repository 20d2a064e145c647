"""A generation gives back what was opened for it."""

from __future__ import annotations

import os

import pytest

from evenflow.control import listening, log_pipes
from evenflow.control.generation import Generation
from evenflow.origin import NOWHERE
from evenflow.plan.model import Listener, Plan
from evenflow.serve import log_output
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.scoreboard import Scoreboard
from tests.peers import can_bind, free_port


def test_closing_ends_sockets_and_pipes() -> None:
    port = free_port()
    shares = listening.open_listeners((Listener("127.0.0.1", port, False, NOWHERE),), 2, 8)
    pipes = log_pipes.start_pipes([("|/bin/cat", NOWHERE)], 0.0)
    generation = Generation(
        Plan(), lambda *_: None, shares, Scoreboard((), (), 2), ErrorLog(), {}, None, pipes
    )  # fmt: skip
    assert not can_bind("127.0.0.1", port)
    generation.stop_listening()
    assert can_bind("127.0.0.1", port)
    process = pipes[0].process
    assert process is not None and process.poll() is None
    generation.close()
    generation.close()
    assert process.wait(15) == 0
    with pytest.raises(OSError):
        os.fstat(pipes[0].writing)
    log_output.forget()
