"""Commands that take log lines on their standard input: `CustomLog "|rotatelogs ..."`.

The supervisor starts each command once and keeps both ends of its pipe, so a command that dies is started again behind
the same descriptor and no child notices. Commands end when the last writer is gone.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Sequence
from typing import Final

from evenflow.control.inherited import Inherited
from evenflow.control.trouble import Trouble
from evenflow.origin import Origin
from evenflow.serve import log_output

RESTART_SECONDS: Final = 1.0
"""A command that dies is started again, but not more often than this."""


class LogPipe:
    """One command and its pipe; `ends` are those of a pipe that is there already."""

    def __init__(self, target: str, origin: Origin, ends: tuple[int, int] | None = None) -> None:
        self.target = target
        self.origin = origin
        self.reading, self.writing = ends if ends is not None else os.pipe()
        # A command that does not read must not stop a child: a full pipe is EAGAIN there, never a wait.
        os.set_blocking(self.writing, False)
        self.process: subprocess.Popen[bytes] | Inherited | None = None
        self.started = 0.0

    def start(self, now: float) -> None:
        """Start the command; Trouble where it cannot be."""
        try:
            words = command(self.target)
            self.process = subprocess.Popen(
                words, stdin=self.reading, preexec_fn=unblock, start_new_session=True, close_fds=True
            )
        except (OSError, ValueError) as fault:
            raise Trouble(
                "log-command-failed",
                f"cannot start the log command `{self.target}`: {fault}",
                self.origin,
                "write the program with its whole path",
            ) from None
        self.started = now

    def close(self) -> None:
        """Let the command see the end of its input, once the children are gone too."""
        for descriptor in (self.reading, self.writing):
            try:
                os.close(descriptor)
            except OSError:
                pass


def command(target: str) -> list[str]:
    """The words to run, as httpd reads them: `|cmd` and `||cmd` without a shell, `|$cmd` by one. ValueError for an open
    quote.
    """
    text = target[1:]
    if text.startswith("$"):
        return ["/bin/sh", "-c", text[1:]]
    words = shlex.split(text[1:] if text.startswith("|") else text)
    if not words:
        raise ValueError("there is no command behind `|`")
    return words


def unblock() -> None:
    """The supervisor waits for blocked signals; a command wants them as usual."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def start_pipes(
    targets: list[tuple[str, Origin]], now: float, running: Sequence[LogPipe] = ()
) -> list[LogPipe]:
    """A running pipe for every command among `targets`, each command once; from then on `log_output` knows them.

    Those that are `running` already are taken as they are. Raises Trouble for the first command that cannot be
    started; then none that was not running before is left.
    """
    known = {pipe.target: pipe for pipe in running}
    pipes: dict[str, LogPipe] = {}
    try:
        for target, origin in targets:
            if target in known:
                pipes[target] = known[target]
            elif log_output.is_command(target) and target not in pipes:
                pipe = pipes[target] = LogPipe(target, origin)
                pipe.start(now)
                log_output.adopt(target, pipe.writing)
    except Trouble:
        close_pipes([pipe for target, pipe in pipes.items() if target not in known])
        raise
    return list(pipes.values())


def close_pipes(pipes: list[LogPipe]) -> None:
    """Close all of them."""
    for pipe in pipes:
        pipe.close()
