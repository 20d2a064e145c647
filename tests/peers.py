"""Programs of others that tests run beside us, and ports to run them on.

A test that needs one says `require_peer("apache2")` and gets its path. Where the program is not installed the test is
skipped with a line that says what to type; with CI set in the environment, `conftest.py` makes that skip a failure.
What starts and stops a program does not belong here: that stands beside the tests that know its configuration.
"""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

CHECKOUT: Final = Path(__file__).resolve().parent.parent
NODE_MODULES: Final = CHECKOUT / "build" / "npm" / "node_modules"
EDITOR: Final = CHECKOUT / "build" / "cache" / "evenflow" / "demo"
"""What `evenflow demo` fetches for browsers, with XDG_CACHE_HOME=build/cache."""

MISSING: Final = "missing peer: "
"""How the reason of every skip begins that is due to a program that is not installed."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a program may be (a name is searched in PATH), and what to type when it is nowhere."""

    places: tuple[str, ...]
    remedy: str


PEERS: Final = {
    "cc": Peer(("cc", "gcc"), "apt-get install gcc python3-dev"),
    "apache2": Peer(("/usr/sbin/apache2",), "apt-get install apache2"),
    "nginx": Peer(("nginx", "/usr/sbin/nginx"), "apt-get install nginx"),
    "haproxy": Peer(("haproxy", "/usr/sbin/haproxy"), "apt-get install haproxy"),
    "tomcat10": Peer(("/usr/share/tomcat10/bin/catalina.sh",), "apt-get install tomcat10"),
    "tomcat10-instance-create": Peer(("tomcat10-instance-create",), "apt-get install tomcat10-user"),
    "java": Peer(("java",), "apt-get install default-jre-headless"),
    "openssl": Peer(("openssl",), "apt-get install openssl"),
    "systemd-analyze": Peer(("systemd-analyze",), "apt-get install systemd"),
    "systemd-journald": Peer(("/usr/lib/systemd/systemd-journald",), "apt-get install systemd"),
    "rotatelogs": Peer(("rotatelogs", "/usr/bin/rotatelogs"), "apt-get install apache2-utils"),
    "strace": Peer(("strace",), "apt-get install strace"),
    "logrotate": Peer(("logrotate", "/usr/sbin/logrotate"), "apt-get install logrotate"),
    "curl": Peer(("curl",), "apt-get install curl"),
    "node": Peer(("node", "nodejs"), "apt-get install nodejs npm"),
    "chromium": Peer(("chromium", "chromium-browser"), "apt-get install chromium"),
    "yjs": Peer((str(EDITOR / "node_modules" / "yjs"),), "sh tests/install-peers.sh"),
    "faye": Peer((str(NODE_MODULES / "faye"),), "sh tests/install-peers.sh"),
}

# Below the ports that the kernel hands out by itself (32768 and up), so that no outgoing connection takes one first.
PORTS: Final = range(10240, 32000)
AT_ONCE: Final = 640
"""So many ports a process takes for itself at a time."""


def require_peer(name: str) -> Path:
    """The path of the program or npm package `name`; skips the test, or the whole module, where it is missing."""
    peer = PEERS[name]
    for place in peer.places:
        found = shutil.which(place) or (place if Path(place).exists() else None)
        if found:
            return Path(found)
    pytest.skip(f"{MISSING}{name} is not installed: {peer.remedy}", allow_module_level=True)


def free_port(*hosts: str) -> int:
    """A TCP port that nobody listens on at `hosts` (127.0.0.1 if none is named), and that was not handed out before."""
    for port in own_ports:
        if all(can_bind(host, port) for host in hosts or ("127.0.0.1",)):
            return port
    raise RuntimeError("no free port between 10240 and 32000")


def ports_of_our_own() -> Iterator[int]:
    """Ports that no other process of ours on this machine is given while this one lives, each of them once.

    A port is free again between two cases that use it: another process that tests must not choose it then.
    """
    folder = Path(tempfile.gettempdir(), f"evenflow-ports-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    for first in random.sample(range(PORTS.start, PORTS.stop, AT_ONCE), len(PORTS) // AT_ONCE):
        lock = os.open(folder / str(first), os.O_RDWR | os.O_CREAT)
        try:
            # Held until the process ends: nobody closes it.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        yield from random.sample(range(first, first + AT_ONCE), AT_ONCE)


own_ports: Final = ports_of_our_own()


def can_bind(host: str, port: int) -> bool:
    """Whether one could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
