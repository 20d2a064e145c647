"""Where log lines go: a file, a pipe to a command, or standard error, as a descriptor that every process shares.

Opened once by the supervisor, before it forks and before privileges are dropped; children find the same descriptor
by the target's text. Files are opened to append, so each single write lands whole behind the others'.
What a line says, and when it is written, is known elsewhere.
"""

from __future__ import annotations

import os
from typing import Final

PIPE_ATOMIC: Final = 4096
"""Bytes that a pipe takes whole (PIPE_BUF on Linux); longer writes may mix with another process's."""

_OPENED: Final[dict[str, int]] = {}


def adopt(target: str, descriptor: int) -> None:
    """Let `target` mean `descriptor` from now on; for what is not simply opened (a pipe to a command)."""
    _OPENED[target] = descriptor


def open_target(target: str) -> int:
    """The descriptor of `target` (an absolute path, `|command` or "" for standard error), opened at the first call.

    Raises OSError where a file cannot be opened, and where a pipe was not adopted before.
    """
    if not target:
        return 2
    known = _OPENED.get(target)
    if known is not None:
        return known
    if is_command(target):
        raise OSError(f"nobody started the command of `{target}`")
    descriptor = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    _OPENED[target] = descriptor
    return descriptor


def reopen() -> dict[str, int]:
    """Forget which files are open, so that each is opened anew when it is asked for next: after a rotation, the new
    one. Commands stay. Answers what was open, for `close_files` once nobody writes there, or for `go_back`.
    """
    files = {target: descriptor for target, descriptor in _OPENED.items() if not is_command(target)}
    for target in files:
        del _OPENED[target]
    return files


def go_back(files: dict[str, int]) -> None:
    """The files that were open before count again, and what was opened since is closed."""
    close_files(reopen())
    _OPENED.update(files)


def close_files(files: dict[str, int]) -> None:
    """Close what `reopen` answered."""
    for descriptor in files.values():
        os.close(descriptor)


def is_command(target: str) -> bool:
    """Whether lines go to a command's standard input."""
    return target.startswith("|")


def forget() -> None:
    """Close everything that was opened or adopted."""
    for descriptor in _OPENED.values():
        try:
            os.close(descriptor)
        except OSError:
            pass
    _OPENED.clear()
