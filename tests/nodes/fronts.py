"""What stands in front of the nodes: evenflow, or Apache httpd with the same file.

A front is started with a configuration file and ended by its process id. It knows nothing of the nodes behind it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import evenflow
from tests.peers import require_peer

START_SECONDS: Final = 90.0
END_SECONDS: Final = 60.0

MODULES: Final = (
    "mpm_event",
    "authz_core",
    "authz_host",
    "proxy",
    "proxy_http",
    "proxy_wstunnel",
    "proxy_balancer",
    "slotmem_shm",
    "lbmethod_byrequests",
    "headers",
    "rewrite",
    "env",
    "socache_shmcb",
    "ssl",
)


def wait_until_open(host: str, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when somebody accepts there; fails with the log where the process ends before or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((host, port), 1.0).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nobody listens on {host}:{port}:\n{log.read_text(errors='replace')[-4000:]}")


def environment() -> dict[str, str]:
    """The environment in which `python -m evenflow` runs the same code as this test, wherever it stands."""
    return {**os.environ, "PYTHONPATH": str(Path(evenflow.__file__).resolve().parent.parent)}


@contextmanager
def evenflow_front(
    file: Path, port: int, children: int = 1, host: str = "127.0.0.1"
) -> Iterator[subprocess.Popen[bytes]]:
    """evenflow serving `file`; SIGTERM has to end it with 0 (unless the test has ended it itself)."""
    log = file.with_suffix(".evenflow.log")
    command = [sys.executable, "-m", "evenflow", "serve", str(file), "--children", str(children)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment(), stdout=output, stderr=subprocess.STDOUT, process_group=0)
    try:
        wait_until_open(host, port, process, log)
        yield process
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            status = process.wait(END_SECONDS)
            assert status == 0, f"SIGTERM ended evenflow with {status}:\n{log.read_text(errors='replace')[-4000:]}"
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        # The children of a supervisor that was killed are in its group.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


@contextmanager
def httpd_front(
    file: Path, port: int, host: str = "127.0.0.1", more_modules: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """Apache httpd in the foreground with the same text, below what it needs around it; one process."""
    program = require_peer("apache2")
    root = file.parent
    whole, log = root / "httpd.conf", root / "httpd.log"
    whole.write_text(
        "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in MODULES + more_modules)
        + f"ServerRoot {root}\nDefaultRuntimeDir {root}\nPidFile {root}/httpd.pid\nErrorLog {log}\n"
        + "User nobody\nGroup nogroup\nServerName front\n"
        + "StartServers 1\nServerLimit 1\nThreadsPerChild 64\n"
        + "MaxRequestWorkers 64\nMinSpareThreads 1\nMaxSpareThreads 64\n"
        + file.read_text()
    )
    log.touch()
    process = subprocess.Popen([program, "-f", str(whole), "-D", "FOREGROUND"], process_group=0)
    try:
        wait_until_open(host, port, process, log)
        yield process
    finally:
        # httpd waits ten seconds for the tunnels that are still open, and nobody needs its farewell.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
