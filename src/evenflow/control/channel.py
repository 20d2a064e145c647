"""The control socket: orders to a running supervisor from its owner, a line of JSON each way.

The supervisor listens on a Unix socket in a folder that only its owner can enter, one for each configuration's path, so
that `evenflow reload -f wiki.conf` finds it. The kernel says who asks: the owner and root are heard. An order is
answered while its sender waits; whoever is slow to speak is hung up on.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import signal
import socket
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

MOST: Final = 1 << 16
"""Bytes of an order."""
SPEAKING_SECONDS: Final = 1.0
"""An order is said within this, an answer taken."""
SIGNAL: Final = signal.SIGIO
"""Comes when somebody is there."""
ANSWER_SECONDS: Final = 120.0
"""So long may carrying out an order take: a reload waits for children."""


class Unreachable(Exception):
    """No supervisor answers; the text says why, for people."""


def folder() -> Path:
    """Where the sockets of this user are; the environment's EVENFLOW_RUN may say another place."""
    said = os.environ.get("EVENFLOW_RUN")
    if said:
        return Path(said)
    user = os.geteuid()
    if user == 0:
        return Path("/run/evenflow")
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "evenflow" if runtime else Path(f"/tmp/evenflow-{user}")


def place(configuration: str) -> Path:
    """The socket of whoever serves the configuration at this path."""
    real = os.path.realpath(configuration)
    return folder() / f"{hashlib.sha256(os.fsencode(real)).hexdigest()[:16]}.sock"


class HungUp(Unreachable):
    """It took the order, or did not want it, and never answered."""


class Channel:
    """The supervisor's end. SIGNAL comes when somebody is there; it must be blocked, and waited for."""

    def __init__(self, configuration: str) -> None:
        """Listen. OSError where that cannot be, or another supervisor answers there already."""
        self.path = place(configuration)
        self.link: socket.socket | None = None
        """Whose order is being carried out."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = self.path.parent.lstat()
        if not stat.S_ISDIR(told.st_mode) or told.st_uid != os.geteuid() or told.st_mode & 0o077:
            raise OSError(errno.EPERM, f"`{self.path.parent}` is not a folder that is only ours")
        if answers(self.path):
            raise OSError(errno.EADDRINUSE, "another evenflow serves this configuration")
        self.path.unlink(missing_ok=True)
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self.listening.bind(str(self.path))
            self.path.chmod(0o600)
            self.listening.listen(8)
            self.listening.setblocking(False)
            descriptor = self.listening.fileno()
            fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
            flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
            fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
        except OSError:
            self.listening.close()
            raise

    @classmethod
    def inherited(cls, path: Path, listening: socket.socket) -> Channel:
        """The one that a program before this one opened: the kernel sends SIGNAL to the same process as before."""
        found = cls.__new__(cls)
        found.path = path
        found.link = None
        found.listening = listening
        return found

    def orders(self) -> Iterator[tuple[Any, Visitor]]:
        """Everybody who is there, with what they said: an order, or None for what is none."""
        while True:
            try:
                link, _ = self.listening.accept()
            except OSError:
                return
            self.link = link
            visitor = Visitor(link)
            if visitor.user in (0, os.geteuid()):
                yield visitor.hear(), visitor
            self.hang_up()

    def hang_up(self) -> None:
        """Whose order was carried out has been answered."""
        if self.link is not None:
            # Not closed alone: a child that an order made has a copy until it forgets it.
            with contextlib.suppress(OSError):
                self.link.shutdown(socket.SHUT_RDWR)
            self.link.close()
            self.link = None

    def close(self) -> None:
        """Hang up for good. Only for the supervisor: children close their copy by `forget`."""
        self.path.unlink(missing_ok=True)
        self.forget()

    def forget(self) -> None:
        self.listening.close()
        if self.link is not None:
            self.link.close()


class Visitor:
    """Who gives an order."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        link.settimeout(SPEAKING_SECONDS)
        told = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        self.process, self.user, _ = struct.unpack("3i", told)

    def hear(self) -> Any:
        """What the line says; None where it is not JSON, or does not come."""
        try:
            return json.loads(read_line(self.link))
        except (OSError, ValueError, RecursionError):
            return None

    def tell(self, answer: dict[str, Any]) -> None:
        """Answer; nothing happens where nobody listens any more."""
        with contextlib.suppress(OSError):
            self.link.sendall(json.dumps(answer).encode() + b"\n")


def read_line(link: socket.socket) -> bytes:
    """Up to the first line feed, or the end."""
    said = bytearray()
    while b"\n" not in said and len(said) < MOST:
        piece = link.recv(MOST)
        if not piece:
            break
        said += piece
    return bytes(said)


def answers(path: Path) -> bool:
    """Whether somebody listens on this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        trial.settimeout(SPEAKING_SECONDS)
        try:
            trial.connect(str(path))
        except OSError:
            return False
    return True


def ask(path: Path, order: dict[str, Any], seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
    """Give an order, wait for the answer, for so many seconds at most. Raises Unreachable."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(seconds)
            link.connect(str(path))
            link.sendall(json.dumps(order).encode() + b"\n")
            pieces = []
            while piece := link.recv(MOST):
                pieces.append(piece)
        answer = json.loads(b"".join(pieces))
    except OSError as fault:
        cause = fault.strerror or fault
        start = "type `evenflow serve FILE` to start it"
        raise Unreachable(f"no evenflow answers at `{path}` ({cause}): {start}") from None
    except ValueError:
        raise HungUp(f"evenflow hung up at `{path}`: is it you who started it?") from None
    if not isinstance(answer, dict):
        raise Unreachable(f"what answers at `{path}` is not evenflow")
    return answer


def running() -> list[Path]:
    """The sockets of this user's supervisors that answer."""
    try:
        found = sorted(folder().glob("*.sock"))
    except OSError:
        return []
    return [path for path in found if answers(path)]

