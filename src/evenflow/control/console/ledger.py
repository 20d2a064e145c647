"""The list of changes: what was changed, when, by whom. A line of JSON each, appended, and rewritten only to cut off
what is old.

It is a file beside that of BalancerPersist where some balancer says so, else memory; opened by the supervisor, while it
may, and handed on over reloads. Whoever changes something writes: the console, and the supervisor for orders.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from evenflow.control.console.settings import Difference

MOST_BYTES: Final = 1 << 18
"""A longer one is cut down to half of it."""
MOST_SHOWN: Final = 500


@dataclass(frozen=True, slots=True)
class Change:
    """`at` as time.time gives it; `who` in words; `how` it came about; `undoes` the id of what it takes back."""

    id: str
    at: float
    who: str
    how: str
    what: tuple[Difference, ...]
    undoes: str = ""

    @property
    def balancer(self) -> str:
        return self.what[0].place[0]

    @property
    def member(self) -> str:
        """The member's name; "" for the balancer itself."""
        return self.what[0].place[2]

    @property
    def words(self) -> str:
        return ", ".join(one.words for one in self.what)


class Ledger:
    """`path` is "" for one in memory; `descriptor` is one that is there already, and ours from now on. All processes
    share it, and a line is one write.
    """

    def __init__(self, path: str = "", descriptor: int = -1) -> None:
        """Raises OSError where the file cannot be had."""
        self.path = path
        self.descriptor = descriptor
        if descriptor >= 0:
            pass
        elif path:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            self.descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        else:
            self.descriptor = os.memfd_create("evenflow-changes", os.MFD_CLOEXEC)
            flags = fcntl.fcntl(self.descriptor, fcntl.F_GETFL)
            fcntl.fcntl(self.descriptor, fcntl.F_SETFL, flags | os.O_APPEND)
        self.changes: list[Change] = []
        self.read_to = 0

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)

    def note(self, who: str, how: str, what: Sequence[Difference], undoes: str = "") -> list[Change]:
        """Write down what was changed, a line for each member. Where that cannot be (the disk is full) it is known at
        least until a restart, to this process."""
        made = []
        for place in dict.fromkeys(one.place for one in what):
            own = tuple(one for one in what if one.place == place)
            made.append(Change(secrets.token_hex(6), time.time(), who, how, own, undoes))
            try:
                os.write(self.descriptor, write(made[-1]))
            except OSError:
                self.changes.append(made[-1])
        return made

    def all(self) -> list[Change]:
        """The last MOST_SHOWN, the oldest first."""
        size = os.fstat(self.descriptor).st_size
        if size < self.read_to:
            self.read_to, self.changes = 0, []
        if size > self.read_to:
            data = os.pread(self.descriptor, size - self.read_to, self.read_to)
            whole = data[: data.rfind(b"\n") + 1]
            self.read_to += len(whole)
            self.changes += [change for line in whole.splitlines() if (change := read(line)) is not None]
            del self.changes[:-MOST_SHOWN]
        return self.changes

    def find(self, id: str) -> Change | None:
        return next((one for one in self.all() if one.id == id), None)

    def undone(self) -> set[str]:
        """The ids of what was taken back."""
        return {one.undoes for one in self.all() if one.undoes}

    def trim(self) -> None:
        """Cut off what is old, if there is much."""
        size = os.fstat(self.descriptor).st_size
        if size <= MOST_BYTES:
            return
        data = os.pread(self.descriptor, MOST_BYTES // 2, size - MOST_BYTES // 2)
        os.ftruncate(self.descriptor, 0)
        os.write(self.descriptor, data[data.find(b"\n") + 1 :])
        self.read_to, self.changes = 0, []


def write(change: Change) -> bytes:
    what = [[*one.place, one.field, one.before, one.after] for one in change.what]
    said = {"id": change.id, "at": change.at, "who": change.who, "how": change.how, "what": what}
    return json.dumps(said | ({"undoes": change.undoes} if change.undoes else {})).encode("ascii") + b"\n"


def read(line: bytes) -> Change | None:
    """None for what is no change: a file may have been cut or written by another version."""
    try:
        said: Any = json.loads(line)
        what = tuple(
            Difference((str(balancer), int(number), str(member)), str(field), str(before), str(after))
            for balancer, number, member, field, before, after in said["what"]
        )
        made = Change(
            str(said["id"]), float(said["at"]), str(said["who"]), str(said["how"]), what, str(said.get("undoes", ""))
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return made if made.what else None
