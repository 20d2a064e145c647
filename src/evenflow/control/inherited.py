"""Processes that a program before this one started in the same process: they are its children as they were that one's.

What is asked of them is what the supervisor asks of its own (`subprocess.Popen`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from typing import IO, Final

LOOK_SECONDS: Final = 0.01


class Inherited:
    """One process; `stdin` and `stdout` are our ends of what leads to it, where there are any."""

    def __init__(self, pid: int, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None) -> None:
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status, None while it lives; 0 where somebody else was told."""
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                self.returncode = 0
            else:
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The same, once it has ended. Raises subprocess.TimeoutExpired."""
        deadline = time.monotonic() + timeout if timeout is not None else None
        while (status := self.poll()) is None:
            if deadline is not None and timeout is not None and time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(LOOK_SECONDS)
        return status

    def terminate(self) -> None:
        self.tell(signal.SIGTERM)

    def kill(self) -> None:
        self.tell(signal.SIGKILL)

    def tell(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
