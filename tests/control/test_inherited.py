"""A process that another program started is asked and ended like one of our own."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from evenflow.control.inherited import Inherited


def started(status: int | None) -> Inherited:
    """A process that ends with `status`, or waits to be killed."""
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if status is None:
            time.sleep(60)
        os._exit(status or 0)
    return Inherited(pid)


def test_its_status_is_told_and_kept() -> None:
    one = started(3)
    assert one.wait(15.0) == 3
    assert one.poll() == 3


def test_it_can_be_ended() -> None:
    one = started(None)
    assert one.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        one.wait(0.0)
    one.terminate()
    assert one.wait(15.0) == -signal.SIGTERM
    # It is nobody now, and its number may be somebody else's.
    one.kill()


def test_one_that_somebody_else_has_buried_is_over() -> None:
    one = started(3)
    os.waitpid(one.pid, 0)
    assert one.poll() == 0
