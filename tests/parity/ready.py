"""Starts `evenflow` without the third of a second in which Python reads its modules.

One process has read them; it forks for each start, and the fork runs the command as `python -m evenflow ...` would, in
a session of its own. That makes a thousand starts cheap and changes nothing else: how the command starts by itself is
tested elsewhere (tests/control, tests/tools). This file is both sides: the tests' and, run as a program, the other's.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

LONGEST = 4096
"""Bytes of a message between the two."""


class Started:
    """A process that the other one has forked: what is used of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.ending = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Its exit status, None while it lives."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, seconds: float) -> int:
        """Its exit status, once it has ended. Raises TimeoutExpired."""
        if self.returncode is None:
            poller = select.poll()
            poller.register(self.ending, select.POLLIN)
            if not poller.poll(seconds * 1000):
                raise subprocess.TimeoutExpired("evenflow", seconds)
            self.returncode = int(ask({"ended": self.pid}))
            os.close(self.ending)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def start(arguments: list[str], output: int) -> Started:
    """`evenflow ARGUMENTS`, its output into this open file."""
    return Started(int(ask({"run": arguments}, output)))


def ask(what: dict[str, object], *files: int) -> bytes:
    socket.send_fds(other(), [json.dumps(what).encode()], files)
    return other().recv(LONGEST)


@functools.cache
def other() -> socket.socket:
    """The way to the process that forks; it ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen([sys.executable, Path(__file__)], stdin=theirs)
    theirs.close()

    def end() -> None:
        ours.shutdown(socket.SHUT_RDWR)
        process.wait(10)

    atexit.register(end)
    return ours


# --- the other side -----------------------------------------------------------------------------------------------


def fork_when_asked() -> None:
    """Read all modules, then fork as long as somebody may ask. Comes back in the fork that has a command to run."""
    import evenflow

    for module in pkgutil.walk_packages(evenflow.__path__, "evenflow."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    asking = socket.socket(fileno=0)
    while True:
        said, files, _, _ = socket.recv_fds(asking, LONGEST, 1)
        if not said:
            os._exit(0)
        what = json.loads(said)
        if "ended" in what:
            _, status = os.waitpid(what["ended"], 0)
            asking.send(b"%d" % os.waitstatus_to_exitcode(status))
            continue
        pid = os.fork()
        if pid:
            os.close(files[0])
            asking.send(b"%d" % pid)
            continue
        asking.detach()
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for old, new in ((nothing, 0), (files[0], 1), (files[0], 2)):
            os.dup2(old, new)
        os.close(nothing)
        os.close(files[0])
        sys.argv = ["evenflow", *what["run"]]
        return


if __name__ == "__main__":
    # The terminal's Ctrl-C is for the tests; a fork hears what a new process would hear.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The tests' own folder is not where a module may come from.
    sys.path.pop(0)
    fork_when_asked()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    runpy.run_module("evenflow", run_name="__main__", alter_sys=True)
