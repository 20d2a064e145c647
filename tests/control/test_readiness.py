"""What is said when everybody serves."""

from __future__ import annotations

import socket
from pathlib import Path

from evenflow.control.generation import Generation
from evenflow.control.readiness import how_it_runs, ready_line
from evenflow.origin import NOWHERE
from evenflow.plan.model import Listener, Plan
from evenflow.serve import pages
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.scoreboard import Scoreboard


def test_how_the_hot_rooms_run_is_told_by_the_file() -> None:
    shown = Path(pages.__file__).suffix
    assert how_it_runs(pages.http_date) == ("interpreted" if shown == ".py" else "compiled")  # type: ignore[arg-type]


def test_who_where_and_how_many() -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
        share = [(bound, Listener("127.0.0.1", port, False, NOWHERE))]
        generation = Generation(Plan(), pages.http_date, [share], Scoreboard((), (), 1), ErrorLog("", "warn"))  # type: ignore[arg-type]
        assert f" serving on 127.0.0.1:{port} with 1 child (" in ready_line(generation)
        generation.shares.append(share)
        assert f" serving on 127.0.0.1:{port} with 2 children (" in ready_line(generation)
