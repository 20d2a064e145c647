"""The PidFile: who the supervisor is, for scripts."""

from __future__ import annotations

import os

from evenflow.control.trouble import Trouble
from evenflow.origin import NOWHERE


def write(path: str, pid: int) -> None:
    """Write a process id, whole or not at all. Raises Trouble where that cannot be."""
    draft = f"{path}.{pid}"
    try:
        with open(draft, "w", encoding="ascii") as file:
            file.write(f"{pid}\n")
        os.replace(draft, path)
    except OSError as fault:
        raise Trouble(
            "pid-file-unwritable",
            f"cannot write `{path}`: {fault.strerror}",
            NOWHERE,
            "make its directory, or write another file behind `PidFile`",
        ) from None


def remove(path: str, pid: int) -> None:
    """Remove it if it still is ours."""
    try:
        with open(path, encoding="ascii") as file:
            ours = file.read().strip() == str(pid)
        if ours:
            os.unlink(path)
    except (OSError, UnicodeDecodeError):
        pass
