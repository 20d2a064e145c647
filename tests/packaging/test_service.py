"""The unit files: systemd takes them, evenflow takes their command lines, and what they allow is enough to serve."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from evenflow.tools.cli import main
from tests.control.processes import PATIENCE, until
from tests.peers import CHECKOUT, free_port, require_peer

SYSTEMD: Final = CHECKOUT / "packaging" / "systemd"
ROOT_ONLY: Final = pytest.mark.skipif(os.geteuid() != 0, reason="only root can try what a unit allows")
MOST_EXPOSED: Final = 3.0
"""systemd's own measure, 0 to 10; 2.5 when this was written."""


class Unit(configparser.RawConfigParser):
    """A unit file in which nothing is said twice."""

    def __init__(self, path: Path) -> None:
        super().__init__(delimiters="=", comment_prefixes="#", strict=True)
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string(path.read_text())


@pytest.fixture
def service() -> Unit:
    return Unit(SYSTEMD / "evenflow.service")


def parsed(line: str) -> click.Context:
    """What the command line comes to; a usage error fails."""
    words = shlex.split(line)
    assert words[0] == "/usr/bin/evenflow"
    above = main.make_context("evenflow", words[1:])
    name, command, rest = main.resolve_command(above, [*above._protected_args, *above.args])
    assert command is not None
    return command.make_context(name, rest, parent=above)


def test_its_command_lines_are_ours(service: Unit) -> None:
    serving = parsed(service["Service"]["ExecStart"])
    loading = parsed(service["Service"]["ExecReload"])
    assert serving.info_name == "serve" and loading.info_name == "reload"
    assert serving.params["file"] == loading.params["file"] == "/etc/evenflow/evenflow.conf"


def test_it_waits_longer_than_a_drain(service: Unit) -> None:
    from evenflow.control import end, reload

    said = service["Service"]
    assert int(said["TimeoutStopSec"]) > end.DRAIN_SECONDS + end.KILL_SECONDS
    assert int(said["TimeoutStartSec"]) > reload.START_SECONDS
    assert said["KillMode"] == "mixed" and said["Type"] == "notify"


def test_the_folders_are_those_of_the_configuration(service: Unit) -> None:
    said = service["Service"]
    # As `evenflow reload` typed by root finds it.
    assert said["Environment"] == "EVENFLOW_RUN=%t/evenflow" and said["RuntimeDirectoryMode"] == "0700"
    assert {said[f"{kind}Directory"] for kind in ("Runtime", "Logs", "State")} == {"evenflow"}


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    require_peer("systemd-analyze")
    for unit in SYSTEMD.iterdir():
        # There must be a command; here is one.
        text = unit.read_text().replace("/usr/bin/evenflow", sys.executable)
        (tmp_path / unit.name).write_text(text)
    run = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


def test_it_is_locked_down() -> None:
    require_peer("systemd-analyze")
    run = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(SYSTEMD / "evenflow.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", run.stdout)
    assert found is not None, run.stderr
    assert float(found[1]) <= MOST_EXPOSED


def test_the_socket_unit_opens_what_the_configuration_listens_on() -> None:
    said = Unit(SYSTEMD / "evenflow.socket")["Socket"]
    ports = (CHECKOUT / "packaging" / "etc" / "evenflow" / "ports.conf").read_text()
    assert re.findall(r"(?m)^Listen (\S+)", ports) == [said["ListenStream"]]
    assert said["BindIPv6Only"] == "both" and "Accept" not in said


# --- what the unit allows is enough -------------------------------------------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place that the children can reach when they are somebody else."""
    with tempfile.TemporaryDirectory(prefix="evenflow-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


def life(command: list[str], folder: Path) -> None:
    """Serve as somebody else, load again, and end, by `command` before the Python that runs it."""
    port = free_port()
    run = folder / "run"
    run.mkdir(mode=0o700)
    file = folder / "evenflow.conf"
    file.write_text(
        f"Listen 127.0.0.1:{port}\nUser nobody\nGroup nogroup\nErrorLog {folder}/error.log\nLogLevel notice\n"
        f"CustomLog {folder}/access.log %U\nRedirectMatch 404 ^/\n"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(4 * PATIENCE)
        process = subprocess.Popen(
            [*command, sys.executable, "-m", "evenflow", "serve", str(file), "--children", "1"],
            env={**os.environ, "EVENFLOW_RUN": str(run), "NOTIFY_SOCKET": str(folder / "notify")},
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            assert manager.recv(4096).startswith(b"READY=1\n")
            with pytest.raises(urllib.error.HTTPError) as answer:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/there", timeout=PATIENCE)
            assert answer.value.code == 404
            subprocess.run(
                [sys.executable, "-m", "evenflow", "reload", "-f", str(file)],
                env={**os.environ, "EVENFLOW_RUN": str(run)}, check=True, capture_output=True, timeout=4 * PATIENCE,
            )  # fmt: skip
            until(lambda: "/there" in (folder / "access.log").read_text())
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                said = process.communicate(timeout=4 * PATIENCE)[1]
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert process.returncode == 0, said
    log = (folder / "error.log").read_text()
    assert "reloaded" in log and "died" not in log and "cannot" not in log, log


@ROOT_ONLY
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv here")
def test_its_capabilities_are_enough(service: Unit, folder: Path) -> None:
    allowed = [name.removeprefix("CAP_").lower() for name in service["Service"]["CapabilityBoundingSet"].split()]
    life(["setpriv", "--no-new-privs", "--bounding-set", ",".join(["-all", *(f"+{name}" for name in allowed)])], folder)


@ROOT_ONLY
def test_its_system_calls_are_enough(service: Unit, folder: Path) -> None:
    """By the names that a whole life uses: there may be no systemd that would refuse the others."""
    require_peer("systemd-analyze")
    require_peer("strace")
    allowed = calls(service["Service"]["SystemCallFilter"])
    assert "read" in allowed and "reboot" not in allowed
    traces = folder / "traces"
    life(["strace", "-D", "-f", "-q", "-e", "signal=none", "-o", str(traces)], folder)
    # The tracer is nobody's child of ours: it ends a moment after what it traced.
    until(lambda: "exited with 0" in traces.read_text().splitlines()[-1])
    used = {found[1] for found in re.finditer(r"(?m)^\d+ +(\w+)\(", traces.read_text())}
    assert {"accept4", "setuid"} <= used
    assert used - allowed == set()


def calls(name: str) -> set[str]:
    """The system calls of systemd's group `name`, those of groups in it too."""
    run = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    words = [line.strip() for line in run.stdout.splitlines()[1:] if line.strip() and "#" not in line]
    return {word for word in words if not word.startswith("@")}.union(*(calls(w) for w in words if w.startswith("@")))
