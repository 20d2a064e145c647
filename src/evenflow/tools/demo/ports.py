"""Is an address free to listen on, and if not, who has it?

Who has it is read from /proc (Linux); elsewhere, and for processes of other users, the answer is only that it is taken.
"""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

from evenflow.control.listening import listening_inodes


def hindrance(host: str, port: int) -> str | None:
    """Why nobody can listen on `host:port` now and what to do, None where it is free; `host` "" is every address."""
    place = f"{host or '*'}:{port}"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as fault:
            if fault.errno == errno.EADDRINUSE:
                owner = holder(port)
                who = f" by {owner}" if owner else ""
                act = f"end it (`kill {owner.split()[1]}`)" if owner else "end whatever listens there"
                return f"`{place}` is taken{who}\nhelp: {act} and try again"
            if fault.errno == errno.EADDRNOTAVAIL:
                return f"this machine has no address `{host}`\nhelp: add it to loopback: `ifconfig lo0 alias {host}`"
            return f"cannot listen on `{place}`: {fault.strerror}"
    return None


def holder(port: int) -> str:
    """`process 123 (name)` for whoever listens on the port, "" where that cannot be told."""
    inodes = {f"socket:[{inode}]" for inode in listening_inodes(port)}
    if not inodes:
        return ""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(handle) in inodes for handle in (process / "fd").iterdir()):
                return f"process {process.name} ({(process / 'comm').read_text().strip()})"
        except OSError:
            continue
    return ""
