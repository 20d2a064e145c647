"""The file in which changes outlive a restart (BalancerPersist): where it is, reading it, writing it whole."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from evenflow.balancer.added import settle
from evenflow.control import channel
from evenflow.serve.error_log import ErrorLog
from evenflow.slotmem.adoption import adopt
from evenflow.slotmem.keeping import keep, recall
from evenflow.slotmem.layout import CHANGES
from evenflow.slotmem.scoreboard import Scoreboard

LOOK_SECONDS: Final = 1.0
"""So often it is asked whether something was changed."""


def folder() -> Path:
    """Where such files are: systemd's STATE_DIRECTORY, else a place of this user's."""
    said = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if said:
        return Path(said)
    if os.geteuid() == 0:
        return Path("/var/lib/evenflow")
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(home) / "evenflow"


def place(configuration: str) -> Path:
    """The file for a configuration's path."""
    return folder() / (channel.place(configuration).stem + ".balancers.json")


def wanted(scoreboard: Scoreboard) -> bool:
    return any(balancer.persist for balancer in scoreboard.balancers)


def read(configuration: str, scoreboard: Scoreboard, log: ErrorLog) -> None:
    """Take over what was kept, if there is such a file; one that cannot be used is said, and left alone."""
    path = place(configuration)
    if not wanted(scoreboard):
        return
    try:
        adopt(scoreboard, recall(path.read_text("utf-8")))
        settle(scoreboard.balancers, scoreboard)  # type: ignore[arg-type]
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as fault:
        log.error("what was changed before the restart is forgotten", file=path, cause=str(fault))


class Keeper:
    """Writes the file when something was changed since it was written."""

    def __init__(self, configuration: str, log: ErrorLog) -> None:
        self.path = place(configuration)
        self.log = log
        self.seen = 0
        """`changes` when it was written; nothing has to be written of what nobody has changed."""

    def look(self, scoreboard: Scoreboard) -> None:
        """Write, if what is to be kept is not what was written last."""
        if not wanted(scoreboard) or (seen := changes(scoreboard)) == self.seen:
            return
        self.seen = seen
        text = keep(scoreboard)
        draft = self.path.with_suffix(".draft")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(draft, "w", encoding="utf-8", opener=private) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self.path)
        except OSError as fault:
            self.log.error("what was changed cannot be kept", file=self.path, cause=fault.strerror)
            with contextlib.suppress(OSError):
                draft.unlink()


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def changes(scoreboard: Scoreboard) -> int:
    """A number that rises with every change."""
    return sum(scoreboard.balancer(index).cells[CHANGES] for index in range(len(scoreboard.balancers)))
