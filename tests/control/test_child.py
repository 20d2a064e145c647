"""What a child is from fork to exit: its signals, its sockets, its row, and its exit status."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evenflow.control import child, listening
from evenflow.control.generation import Generation
from evenflow.control.privileges import Identity
from evenflow.origin import NOWHERE
from evenflow.plan.model import Listener, Plan
from evenflow.serve import log_output
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.children import ChildState
from evenflow.slotmem.scoreboard import Scoreboard
from tests.peers import free_port


def lived(
    run: Callable[..., None], log: str = "", identity: Identity | None = None, parent: int = 0
) -> tuple[int, Generation]:
    """The wait status of child 1 of 2 with this `run`."""
    port = free_port()
    shares = listening.open_listeners((Listener("127.0.0.1", port, False, NOWHERE),), 2, 8)
    generation = Generation(Plan(), run, shares, Scoreboard((), (), 2), ErrorLog(log), {}, identity)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    try:
        pid = os.fork()
        if pid == 0:
            child.live(generation, 1, parent or os.getppid())
        status = os.waitpid(pid, 0)[1]
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        generation.close()
    log_output.forget()
    return status, generation


def test_a_child_that_drained_exits_0_and_has_filled_its_row() -> None:
    def run(plan: Plan, sockets: list[Any], scoreboard: Scoreboard, index: int, *_: Any) -> None:
        assert index == 1
        # It serves when it accepts, and `run` is the first to know that.
        assert scoreboard.child(1).state is ChildState.STARTING

    status, generation = lived(run)
    assert os.waitstatus_to_exitcode(status) == child.DONE
    row = generation.scoreboard.child(1)
    assert row.pid > 0 and row.generation == 1
    assert generation.scoreboard.child(0).pid == 0


def test_an_exception_exits_70_with_its_traceback_in_the_error_log(tmp_path: Path) -> None:
    def run(*_: Any) -> None:
        raise LookupError("nothing there")

    path = tmp_path / "error.log"
    status, _ = lived(run, str(path))
    assert os.waitstatus_to_exitcode(status) == child.CRASHED
    text = path.read_text()
    assert "Traceback" in text and "LookupError: nothing there" in text and "test_child.py" in text


def test_even_sys_exit_does_not_return_into_the_supervisors_code() -> None:
    def run(*_: Any) -> None:
        raise SystemExit(0)

    assert os.waitstatus_to_exitcode(lived(run)[0]) == child.CRASHED


def test_signals_are_as_usual_again_and_ctrl_c_is_the_supervisors() -> None:
    def run(*_: Any) -> None:
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)

    assert os.WTERMSIG(lived(run)[0]) == signal.SIGTERM


def test_only_its_own_sockets_are_open() -> None:
    def run(plan: Plan, sockets: list[Any], *_: Any) -> None:
        assert [bound.fileno() >= 0 for bound, _ in sockets] == [True]
        listeners = 0
        for entry in os.listdir("/proc/self/fd"):
            try:
                listeners += os.readlink(f"/proc/self/fd/{entry}") in inodes
            except FileNotFoundError:
                pass
        assert listeners == 1

    port = free_port()
    shares = listening.open_listeners((Listener("127.0.0.1", port, False, NOWHERE),), 2, 8)
    inodes = {os.readlink(f"/proc/self/fd/{bound.fileno()}") for share in shares for bound, _ in share}
    generation = Generation(Plan(), run, shares, Scoreboard((), (), 2), ErrorLog())
    pid = os.fork()
    if pid == 0:
        child.live(generation, 0, os.getppid())
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == child.DONE
    generation.close()


def test_a_child_whose_supervisor_is_gone_already_does_not_serve() -> None:
    def run(*_: Any) -> None:
        raise AssertionError("it served")

    assert os.waitstatus_to_exitcode(lived(run, parent=1)[0]) == child.ORPHANED


def test_children_do_not_share_their_luck() -> None:
    random.seed(7)
    expected = random.random()
    random.seed(7)

    def run(*_: Any) -> None:
        assert random.random() != expected

    assert os.waitstatus_to_exitcode(lived(run)[0]) == child.DONE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_becomes_user_and_group() -> None:
    def run(*_: Any) -> None:
        assert (os.getuid(), os.getgid()) == (65534, 65534)

    assert os.waitstatus_to_exitcode(lived(run, identity=Identity(65534, 65534, "nobody"))[0]) == child.DONE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_child_that_cannot_become_user_says_so(tmp_path: Path) -> None:
    def run(*_: Any) -> None:
        raise AssertionError("it served")

    pid = os.fork()
    if pid == 0:
        os.setuid(65534)
        os._exit(0 if os.waitstatus_to_exitcode(lived(run, identity=Identity(1, 1, ""))[0]) == child.REFUSED else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_the_title_that_ps_shows() -> None:
    def run(*_: Any) -> None:
        assert Path("/proc/self/comm").read_text() == "evenflow: 1\n"

    assert os.waitstatus_to_exitcode(lived(run)[0]) == child.DONE


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "exit status 0, ended without being told"),
        (70 << 8, "exit status 70, an exception that nobody caught"),
        (3 << 8, "exit status 3"),
        (9, "killed by SIGKILL"),
        (11 | 0x80, "killed by SIGSEGV"),
    ],
)
def test_causes_in_words(status: int, words: str) -> None:
    assert child.cause_of(status) == words
