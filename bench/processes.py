"""Start programs on one CPU, know all their processes, and end them by id.

Each program leads a session of its own, so that Ctrl-C reaches only the bench, which then ends them in order.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

TICK: Final = os.sysconf("SC_CLK_TCK")


class Running:
    """A started program: what it printed is in `log`, and `family` are the ids of all its processes."""

    def __init__(self, command: Sequence[str], cpu: int, log: Path, variables: Mapping[str, str] | None = None) -> None:
        self.log = log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(cpu), *command],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **(variables or {})}, start_new_session=True,
            )  # fmt: skip

    def family(self) -> list[int]:
        """The program and all that descend from it."""
        children: dict[int, list[int]] = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    parent = int(stat_fields(int(entry))[1])
                except OSError:
                    continue
                children.setdefault(parent, []).append(int(entry))
        family = [self.process.pid]
        for pid in family:
            family.extend(children.get(pid, ()))
        return family

    def cpu_seconds(self) -> float:
        """User and system time of all its processes so far, in seconds."""
        return sum(cpu_seconds(pid) for pid in self.family())

    def memory(self) -> int:
        """Proportional set size of all its processes, in bytes: what they share is counted once."""
        total = 0
        for pid in self.family():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        return total

    def wait_for(self, address: tuple[str, int], seconds: float = 15.0) -> None:
        """Until it listens at `address`; RuntimeError with its last words if it ends first or takes longer."""
        end = time.monotonic() + seconds
        while True:
            try:
                socket.create_connection(address, 1.0).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    words = self.log.read_text(errors="replace").strip().splitlines()[-8:]
                    why = "ended" if self.process.poll() is not None else f"did not listen within {seconds:.0f} s"
                    raise RuntimeError("\n".join([why, *words])) from None
                time.sleep(0.05)

    def end(self) -> None:
        """SIGTERM, and after five seconds SIGKILL for whatever of its session is left."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5.0)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def cpu_seconds(pid: int) -> float:
    """User and system time of one process: exact from its threads' schedstat, in ticks of 10 ms where there is none."""
    try:
        threads = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    except OSError:
        threads = []
    if threads:
        return sum(int(text.split()[0]) for text in threads) / 1e9
    fields = stat_fields(pid)
    return (int(fields[11]) + int(fields[12])) / TICK


def stat_fields(pid: int) -> list[str]:
    """/proc/PID/stat from the state on (the name before it may hold anything)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def free_port(*hosts: str) -> int:
    """A port below the kernel's own range that nobody listens on at any of `hosts`."""
    for port in range(24001, 32000):
        if port in free_port_given:
            continue
        try:
            for host in hosts:
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((host, port))
        except OSError:
            continue
        free_port_given.add(port)
        return port
    raise RuntimeError("no free port between 24001 and 32000")


free_port_given: set[int] = set()
