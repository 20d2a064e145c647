"""Starts the two fronts: Debian's apache2 and `evenflow serve`, each with the same text of a configuration.

It writes the folder that a case needs, waits until the port answers, and ends what it started by process id. It sends
no requests.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.peers import require_peer

from .casebook import Case
from .ready import Started, start

MODULES = Path("/usr/lib/apache2/modules")
LOADED = (
    *("mpm_event", "authn_core", "authz_core", "authz_host", "alias", "dir", "env", "headers", "mime", "rewrite"),
    *("proxy", "proxy_http", "proxy_wstunnel", "proxy_balancer", "lbmethod_byrequests", "slotmem_shm"),
    *("setenvif", "socache_shmcb", "ssl", "brotli", "deflate", "filter", "substitute", "macro"),
    *("expires", "ratelimit", "unique_id"),
    *("access_compat", "allowmethods", "auth_basic", "authn_file", "authz_groupfile", "authz_user", "remoteip"),
)

# What stands around the text of every case, for both fronts alike. One httpd child, because a sequence of members is
# the sequence of one child; no mod_reqtimeout, because no case is about it.
FRAME = """\
ServerRoot "{dir}"
DefaultRuntimeDir run
PidFile run/front.pid
ErrorLog logs/error.log
LogLevel info
{modules}
{user}
StartServers 1
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
MinSpareThreads 1
MaxSpareThreads 8
ServerName main.example
DocumentRoot htdocs
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog logs/access.log common
{text}"""

VHOST = """\
Listen 127.0.0.1:{front}
<VirtualHost *:{front}>
ServerName www.example
{text}</VirtualHost>
"""


class FrontFailed(Exception):
    """A front did not start, or did not stop."""


@dataclass(slots=True)
class Front:
    """A front that answers on `port`."""

    kind: str
    port: int
    process: subprocess.Popen[bytes] | Started
    folder: Path

    def told(self) -> str:
        """What it wrote: its output and its error log."""
        texts = [(self.folder / "output").read_text("utf-8", "replace")]
        log = self.folder / "logs" / "error.log"
        if log.exists():
            texts.append(log.read_text("utf-8", "replace"))
        return "\n".join(texts)


@contextlib.contextmanager
def folder_of_digits() -> Iterator[Path]:
    """A folder whose name is digits where two differ: a rule sees the whole path of a file, and `!b` must not hang on
    the letters of chance."""
    for _ in range(100):
        root = Path(tempfile.gettempdir(), f"parity-{secrets.randbelow(10**8):08d}")
        try:
            root.mkdir()
        except FileExistsError:
            continue
        try:
            yield root
        finally:
            shutil.rmtree(root, ignore_errors=True)
        return
    raise FrontFailed("no folder is free")


@contextlib.contextmanager
def folder(case: Case, front: int, certificates: Path) -> Iterator[Path]:
    """The folder of one run: the configuration, the case's files, htdocs, logs; gone afterwards."""
    with folder_of_digits() as root:
        root.chmod(0o755)
        for part in ("htdocs", "logs", "run"):
            (root / part).mkdir()
        # where mod_mime looks when nobody says TypesConfig; without it httpd does not start
        (root / "mime.types").write_text("text/html html htm\ntext/plain txt\ntext/css css\n")
        (root / "certificates").symlink_to(certificates)
        for path, text in case.files:
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
            if path.endswith(".sh"):
                file.chmod(0o755)
            os.utime(file, (1_700_000_000, 1_700_000_000))
        (root / "front.conf").write_text(wrapped(case, front, root), "utf-8")
        yield root


def wrapped(case: Case, front: int, root: Path) -> str:
    """The whole text that a front is given."""
    text = case.config if case.whole else VHOST.format(front=front, text=case.config)
    loaded = (*LOADED, "http2") if "h2" in text else LOADED
    modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in loaded)
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 and _has_user("www-data") else ""
    return FRAME.format(dir=root, modules=modules, user=user, text=text).replace("{dir}", str(root))


def command(kind: str, root: Path) -> list[str]:
    """How a front of this kind is started on `root/front.conf`."""
    file = str(root / "front.conf")
    if kind == "httpd":
        return [str(require_peer("apache2")), "-DFOREGROUND", "-f", file]
    return [sys.executable, "-m", "evenflow", "serve", file, "--children", "1"]


@contextlib.contextmanager
def running(kind: str, root: Path, port: int) -> Iterator[Front]:
    """A front that listens on 127.0.0.1:port; ended when the block ends."""
    process = _start(kind, root)
    try:
        front = Front(kind, port, process, root)
        _await_port(front)
        yield front
    finally:
        _end(process)


def refusal(kind: str, root: Path, seconds: float = 10.0) -> tuple[int, str]:
    """Start a front that must refuse its configuration: its exit status (-1 if it runs) and what it said."""
    process = _start(kind, root)
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        status = -1
    finally:
        _end(process)
    return status, Front(kind, 0, process, root).told()


def _start(kind: str, root: Path) -> subprocess.Popen[bytes] | Started:
    with open(root / "output", "wb") as output:
        if kind == "evenflow":
            return start(command(kind, root)[3:], output.fileno())
        return subprocess.Popen(
            command(kind, root), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )


def _await_port(front: Front) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and front.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", front.port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise FrontFailed(f"{front.kind} does not answer on port {front.port}:\n{front.told()}")


def _end(process: subprocess.Popen[bytes] | Started) -> None:
    """Ask it to end; a group that does not is killed, so that no child keeps the port."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        pass
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(5)


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
