"""systemd's journal, in its own protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): one datagram for each entry.

An entry is a list of fields; what is longer than a datagram is handed over as sealed memory. Nobody waits: an entry
that the journal does not take now is left out and counted, and the next one that it takes says how many. The address is
given with each entry, so a journal that is started anew is found again. Forty lines of protocol: the libraries for it
need a C compiler and systemd's headers.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import socket
import sys
from collections.abc import Mapping
from typing import Final

from evenflow.origin import Origin

SOCKET: Final = "/run/systemd/journal/socket"
NAME: Final = "evenflow"
FIELD: Final = re.compile("[A-Z0-9_]{1,55}")
SEALS: Final = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
ALERT: Final = 1
"""The highest priority that is used: entries of `emerg` are shown on every terminal (as in httpd)."""
WARNING: Final = 4
INFO: Final = 6
DEBUG: Final = 7


def is_journal(target: str) -> bool:
    """Whether a log's target is `journald[:IDENTIFIER]`."""
    return target == "journald" or target.startswith("journald:")


class Journal:
    """One log's way to the journal. `target` is `journald[:IDENTIFIER]`; OSError where there is no journal."""

    __slots__ = ("identifier", "path", "lost", "_socket")

    def __init__(self, target: str, path: str = "") -> None:
        self.identifier = target.partition(":")[2] or NAME
        self.path = path or SOCKET
        self.lost = 0
        """Entries that were left out since one was taken."""
        if not os.path.exists(self.path):
            raise FileNotFoundError(errno.ENOENT, f"there is no journal at {self.path}")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)

    def write(self, level: int, message: str, fields: Mapping[str, object]) -> None:
        """One entry of a level as in syslog (0 is `emerg`; beyond 7 is `debug`).

        Of `fields`, `origin` becomes CODE_FILE and CODE_LINE, and every one EVENFLOW_ and its name.
        """
        if self.lost:
            words = f"{self.lost} log lines were left out: the journal did not take them"
            if self._hand_over(self._entry(WARNING, words, {})):
                self.lost = 0
        if not self._hand_over(self._entry(level, message, fields)):
            self.lost += 1

    def _entry(self, level: int, message: str, fields: Mapping[str, object]) -> bytes:
        parts = [
            field("MESSAGE", message),
            field("PRIORITY", str(min(max(level, ALERT), DEBUG))),
            field("SYSLOG_IDENTIFIER", self.identifier),
            field("SYSLOG_PID", str(os.getpid())),
        ]
        for name, value in fields.items():
            if isinstance(value, Origin) and name == "origin" and value.file:
                parts.append(field("CODE_FILE", value.file))
                parts.append(field("CODE_LINE", str(value.line)))
            key = name.upper()
            if FIELD.fullmatch(key):
                text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                parts.append(field("EVENFLOW_" + key, text))
        return b"".join(parts)

    def _hand_over(self, entry: bytes) -> bool:
        """Whether the journal took it."""
        try:
            self._socket.sendto(entry, self.path)
        except OSError as fault:
            if fault.errno not in (errno.EMSGSIZE, errno.ENOBUFS):
                return False
        else:
            return True
        try:
            memory = os.memfd_create("evenflow-journal", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        except OSError:
            return False
        try:
            with open(memory, "wb", buffering=0, closefd=False) as file:
                file.write(entry)
            fcntl.fcntl(memory, fcntl.F_ADD_SEALS, SEALS)
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, memory.to_bytes(4, sys.byteorder))
            self._socket.sendmsg([b""], [rights], 0, self.path)
        except OSError:
            return False
        finally:
            os.close(memory)
        return True


def field(name: str, value: str) -> bytes:
    """One field: `NAME=value`, or with line ends in it, its length and itself."""
    data = value.encode("utf-8", "backslashreplace")
    if b"\n" not in data:
        return b"%b=%b\n" % (name.encode("ascii"), data)
    return b"%b\n%b%b\n" % (name.encode("ascii"), len(data).to_bytes(8, "little"), data)
