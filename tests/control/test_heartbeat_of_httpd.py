"""lbmethod=heartbeat with a real mod_heartbeat that says how ready it is, and what becomes of it when it is gone."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.control.processes import PATIENCE, Served, alive, until
from tests.peers import free_port, require_peer

SILENT = "no member has said that it is ready (lbmethod=heartbeat)"
MODULES = Path("/usr/lib/apache2/modules")


class Sender:
    """A member that is httpd, and sends heartbeats to a port of this machine."""

    def __init__(self, folder: Path, to: int) -> None:
        self.port = free_port()
        (folder / "htdocs").mkdir(parents=True)
        (folder / "htdocs" / "who").write_text("httpd")
        names = ("mpm_event", "authz_core", "heartbeat")
        loads = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in names]
        self.pid_file = folder / "pid"
        file = folder / "httpd.conf"
        lines = [
            f"ServerRoot {folder}", f"DefaultRuntimeDir {folder}", f"PidFile {self.pid_file}", "ServerName member",
            f"ErrorLog {folder}/error.log", f"Listen 127.0.0.1:{self.port}", *loads, f"DocumentRoot {folder}/htdocs",
            f"HeartbeatAddress 127.0.0.1:{to}",
        ]  # fmt: skip
        file.write_text("\n".join(lines) + "\n")
        self.process = subprocess.Popen([require_peer("apache2"), "-D", "FOREGROUND", "-f", file])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)


@pytest.fixture
def heard() -> int:
    return free_port()


@pytest.fixture
def sender(tmp_path: Path, heard: int) -> Iterator[Sender]:
    one = Sender(tmp_path / "member", heard)
    yield one
    one.stop()


def written(file: Path) -> bool:
    """Whether it names the sender."""
    return file.exists() and "127.0.0.1 &ready=" in file.read_text()


def silent_for(file: Path) -> int:
    """Seconds, as the file says of the only sender; 0 while it names none."""
    return int(file.read_text().partition("lastseen=")[2].partition("&")[0] or 0)


def configured(heard: int, port: int, folder: Path) -> str:
    return (
        f"LogLevel notice\nHeartbeatListen 127.0.0.1:{heard}\nHeartbeatMaxServers 0\nDefaultRuntimeDir {folder}\n"
        f"<Proxy balancer://a>\nBalancerMember http://127.0.0.1:{port}\nProxySet lbmethod=heartbeat\n</Proxy>\n"
        "ProxyPass /app balancer://a/\n"
    )


def test_httpd_says_that_it_is_ready(
    serve: Callable[..., Served], sender: Sender, heard: int, tmp_path: Path
) -> None:
    server = serve(configured(heard, sender.port, tmp_path), "--children", "2").ready()
    until(lambda: server.get("/app/who") == (200, b"httpd"))
    until(lambda: written(tmp_path / "hb.dat"))
    # A reload loses nothing of what was heard: the member is ready from the first request on.
    server.tell(signal.SIGHUP)
    until(lambda: "reloaded:" in server.said)
    assert [server.get("/app/who")[0] for _ in range(5)] == [200] * 5
    # The one who listens now has heard it too.
    (tmp_path / "hb.dat").unlink(missing_ok=True)
    until(lambda: written(tmp_path / "hb.dat"))
    # Nobody takes requests who says nothing.
    sender.stop()
    until(lambda: silent_for(tmp_path / "hb.dat") >= 4)
    until(lambda: server.get("/app/who")[0] == 503 and SILENT in server.said)


def test_the_one_who_listens_is_replaced_when_it_dies(
    serve: Callable[..., Served], sender: Sender, heard: int, tmp_path: Path
) -> None:
    server = serve(configured(heard, sender.port, tmp_path), "--children", "1").ready()
    until(lambda: server.get("/app/who")[0] == 200)
    (watchdog,) = [pid for pid in server.children() if Path(f"/proc/{pid}/comm").read_text().strip().endswith("watch")]
    os.kill(watchdog, signal.SIGKILL)
    # What it had heard stays, until another one has heard more.
    assert server.get("/app/who")[0] == 200
    until(lambda: "the watchdog died" in server.said and not alive(watchdog))
    until(lambda: len(server.children()) == 2)
    (tmp_path / "hb.dat").unlink(missing_ok=True)
    until(lambda: written(tmp_path / "hb.dat"))
    assert server.get("/app/who")[0] == 200
