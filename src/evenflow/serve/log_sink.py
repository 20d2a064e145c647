"""Lines on their way into one file or command: gathered, and written many at a time.

They wait until 8 KiB are together or the tick comes; then they go in one write to a descriptor that is opened to
append, so the lines of several children never mix. Logs that share a target share its sink: their lines stay in order.
"""

from __future__ import annotations

import os
from typing import Final

from evenflow.plan.model import LogTarget
from evenflow.serve import log_output
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.journal import INFO, Journal, is_journal

ENOUGH: Final = 8192
"""Bytes that are written without waiting for the tick."""
TOO_MUCH: Final = 1048576
"""Bytes kept for a command that does not read; beyond it, lines are left out and counted."""


class LogSink:
    """Where the lines of a target go. Raises OSError where its file cannot be opened."""

    def __init__(self, target: LogTarget, errors: ErrorLog | None = None) -> None:
        self.target = target
        self.journal = Journal(target.target) if is_journal(target.target) else None
        self.descriptor = -1 if self.journal is not None else log_output.open_target(target.target)
        self.atomic = log_output.PIPE_ATOMIC if log_output.is_command(target.target) else 0
        self.lines: list[bytes] = []
        self.size = 0
        self.left_out = 0
        self.errors = errors

    def put(self, line: bytes) -> None:
        """A line, ended."""
        if self.size >= TOO_MUCH:
            self.left_out += 1
            return
        self.lines.append(line)
        self.size += len(line)
        if self.size >= ENOUGH:
            self.flush()

    def flush(self) -> None:
        """Write what waits; what cannot be written now, to a full pipe, waits on."""
        if not self.size:
            return
        lines = self.lines
        self.lines = []
        self.size = 0
        if self.journal is not None:
            for line in lines:
                self.journal.write(INFO, line[:-1].decode("utf-8", "backslashreplace"), {"origin": self.target.origin})
        elif self.atomic:
            self._write_to_pipe(lines)
        else:
            self._write_to_file(b"".join(lines))

    def _write_to_file(self, data: bytes) -> None:
        """One write mostly; more only where a disk took a part."""
        while data:
            try:
                written = os.write(self.descriptor, data)
            except OSError as fault:
                self._say_why(fault)
                return
            if written == len(data):
                return
            data = data[written:]

    def _write_to_pipe(self, lines: list[bytes]) -> None:
        """Whole lines, in writes that a pipe takes whole; what it does not take now waits on."""
        at = 0
        while at < len(lines):
            batch = [lines[at]]
            size = len(lines[at])
            at += 1
            while at < len(lines) and size + len(lines[at]) <= self.atomic:
                batch.append(lines[at])
                size += len(lines[at])
                at += 1
            data = b"".join(batch)
            try:
                written = os.write(self.descriptor, data)
            except BlockingIOError:
                written = 0
            except OSError as fault:
                self._say_why(fault)
                return
            if written < size:
                # Only a line longer than a pipe takes whole is ever cut.
                self.lines = [data[written:], *lines[at:]]
                self.size = sum([len(line) for line in self.lines])
                return
        if self.left_out and self.errors is not None:
            self.errors.warn("access log lines were left out", lines=self.left_out, log=self.target.target)
        self.left_out = 0

    def _say_why(self, fault: OSError) -> None:
        if self.errors is not None:
            self.errors.error(
                "cannot write an access log",
                self.target.target,
                log=self.target.target,
                cause=fault.strerror,
                origin=self.target.origin,
            )
