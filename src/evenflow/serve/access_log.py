"""Access logs: a line for each exchange, gathered and written many at a time.

Lines wait until 8 KiB are together or the tick comes; then they go in one write to a descriptor that is opened to
append, so the lines of several children never mix. What a line says is `log_format`'s.
"""

from __future__ import annotations

import os
from typing import Final

from evenflow.origin import Origin
from evenflow.plan.expr import Condition, holds
from evenflow.plan.model import LogTarget, Plan, VirtualHost
from evenflow.serve import log_output
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.log_format import FormatFault, LogFormat, compile_format
from evenflow.serve.log_record import LogRecord

ENOUGH: Final = 8192
"""Bytes that are written without waiting for the tick."""
TOO_MUCH: Final = 1048576
"""Bytes kept for a command that does not read; beyond it, lines are left out and counted."""


class AccessLog:
    """One `CustomLog` in one process. Raises FormatFault, and OSError where its file cannot be opened."""

    def __init__(self, target: LogTarget, errors: ErrorLog | None = None) -> None:
        self.format: LogFormat = compile_format(target.format)
        self.target = target
        self.variable = b"" if target.env is None else target.env[0]
        self.wanted = True if target.env is None else target.env[1]
        self.condition = target.condition
        self.plan = Plan()
        """Which conditions may look at."""
        self.descriptor = log_output.open_target(target.target)
        self.atomic = log_output.PIPE_ATOMIC if log_output.is_command(target.target) else 0
        self.lines: list[bytes] = []
        self.size = 0
        self.left_out = 0
        self.errors = errors

    def write(self, record: LogRecord) -> None:
        """Log one exchange, if its condition (`env=`, `expr=`) holds for it."""
        if self.variable and (record.variable(self.variable) is not None) != self.wanted:
            return
        if self.condition is not None and not condition_holds(self.condition, record, self.plan):
            return
        line = self.format.line(record)
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
        if self.atomic:
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


def condition_holds(condition: object, record: LogRecord, plan: Plan) -> bool:
    """Whether an `expr=` holds for this exchange. For a request that nobody could read its status is all there is."""
    assert isinstance(condition, Condition)
    inquiry = record.inquiry(plan)
    return inquiry is not None and holds(condition, inquiry)


class AccessLogs:
    """Every access log of a plan, in one process. Raises as `AccessLog` does; `check_logs` says it in words before."""

    def __init__(self, plan: Plan, errors: ErrorLog | None = None) -> None:
        known: dict[int, AccessLog] = {}
        self.by_host: dict[VirtualHost, tuple[AccessLog, ...]] = {}
        for host in hosts_of(plan):
            logs = []
            for target in host.logs:
                if id(target) not in known:
                    log = known[id(target)] = AccessLog(target, errors)
                    log.plan = plan
                logs.append(known[id(target)])
            self.by_host[host] = tuple(logs)
        self.all = tuple(known.values())

    def of(self, host: VirtualHost) -> tuple[AccessLog, ...]:
        """The logs of one virtual host: `for log in logs: log.write(record)`."""
        return self.by_host.get(host, ())

    def flush(self) -> None:
        """Write what waits; called at every tick, and at the end."""
        for log in self.all:
            log.flush()


def hosts_of(plan: Plan) -> tuple[VirtualHost, ...]:
    """The virtual hosts and the main server, each once."""
    if plan.main is None or plan.main in plan.hosts:
        return plan.hosts
    return (*plan.hosts, plan.main)


def targets_of(plan: Plan) -> list[LogTarget]:
    """Every log of a plan, each once."""
    return list({id(target): target for host in hosts_of(plan) for target in host.logs}.values())


def check_formats(plan: Plan) -> list[tuple[Origin, str]]:
    """The formats that cannot be understood, with who wrote them; nothing is opened."""
    faults = []
    for target in targets_of(plan):
        try:
            compile_format(target.format)
        except FormatFault as fault:
            faults.append((target.origin, str(fault)))
    return faults


def check_logs(plan: Plan) -> list[tuple[Origin, str]]:
    """What keeps access logs from being written, with who asked for them; opens the files, so that children find them
    open.
    """
    faults = check_formats(plan)
    for target in targets_of(plan):
        try:
            log_output.open_target(target.target)
        except OSError as fault:
            faults.append((target.origin, f"cannot open the access log `{target.target}`: {fault.strerror or fault}"))
    return faults


def warn_of_logs(plan: Plan) -> list[tuple[Origin, str]]:
    """What formats ask for that is always `-` here: notes, trailers, the certificate of a client."""
    warnings = []
    for target in targets_of(plan):
        try:
            silent = compile_format(target.format).silent
        except FormatFault:
            continue
        warnings += [(target.origin, f"`{specifier}` is always `-` in this version") for specifier in silent]
    return warnings
