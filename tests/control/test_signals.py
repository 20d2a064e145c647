"""Waiting for blocked signals, and for who has ended."""

from __future__ import annotations

import os
import signal
import threading

from evenflow.control.signals import ended, wait_for_signal


def test_a_blocked_signal_waits_until_it_is_asked_for() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGUSR1,))
    try:
        assert wait_for_signal(0.0, (signal.SIGUSR1,)) == 0
        # This thread has it blocked; others of the process need not.
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
        assert wait_for_signal(15.0, (signal.SIGUSR1,)) == signal.SIGUSR1
        # A time that is over already is no mistake.
        assert wait_for_signal(-1.0, (signal.SIGUSR1,)) == 0
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_who_has_ended_is_told_once_with_its_status() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(3)
    found: list[tuple[int, int]] = []
    while not any(one == pid for one, _ in found):
        found += ended()
    assert [os.waitstatus_to_exitcode(status) for one, status in found if one == pid] == [3]
    assert not any(one == pid for one, _ in ended())
