"""Access logs: which exchange has a line in which log.

What a line says is `log_format`'s, how it comes into its file `log_sink`'s.
"""

from __future__ import annotations

from evenflow.origin import Origin
from evenflow.plan.expr import Condition, holds
from evenflow.plan.model import LogTarget, Plan, VirtualHost
from evenflow.serve.error_log import ErrorLog
from evenflow.serve.log_format import FormatFault, LogFormat
from evenflow.serve.log_reading import compile_format
from evenflow.serve.log_record import LogRecord
from evenflow.serve.log_sink import LogSink


class AccessLog:
    """One `CustomLog` in one process. Raises FormatFault, and OSError where its file cannot be opened."""

    def __init__(self, target: LogTarget, errors: ErrorLog | None = None, sink: LogSink | None = None) -> None:
        self.format: LogFormat = compile_format(target.format)
        self.target = target
        self.variable = b"" if target.env is None else target.env[0]
        self.wanted = True if target.env is None else target.env[1]
        self.condition = target.condition
        self.plan = Plan()
        """Which conditions may look at."""
        self.sink = sink if sink is not None else LogSink(target, errors)

    def write(self, record: LogRecord) -> None:
        """Log one exchange, if its condition (`env=`, `expr=`) holds for it."""
        if self.variable and (record.variable(self.variable) is not None) != self.wanted:
            return
        if self.condition is not None and not condition_holds(self.condition, record, self.plan):
            return
        self.sink.put(self.format.line(record))

    def flush(self) -> None:
        """Write what waits in the sink that it shares."""
        self.sink.flush()


def condition_holds(condition: object, record: LogRecord, plan: Plan) -> bool:
    """Whether an `expr=` holds for this exchange. For a request that nobody could read its status is all there is."""
    assert isinstance(condition, Condition)
    inquiry = record.inquiry(plan)
    return inquiry is not None and holds(condition, inquiry)


class AccessLogs:
    """Every access log of a plan, in one process. Raises as `AccessLog` does; `check_logs` says it in words before."""

    def __init__(self, plan: Plan, errors: ErrorLog | None = None) -> None:
        known: dict[int, AccessLog] = {}
        sinks: dict[str, LogSink] = {}
        self.by_host: dict[VirtualHost, tuple[AccessLog, ...]] = {}
        for host in hosts_of(plan):
            logs = []
            for target in host.logs:
                if id(target) not in known:
                    sink = sinks.get(target.target)
                    if sink is None:
                        sink = sinks[target.target] = LogSink(target, errors)
                    log = known[id(target)] = AccessLog(target, errors, sink)
                    log.plan = plan
                logs.append(known[id(target)])
            self.by_host[host] = tuple(logs)
        self.sinks = tuple(sinks.values())

    def of(self, host: VirtualHost) -> tuple[AccessLog, ...]:
        """The logs of one virtual host: `for log in logs: log.write(record)`."""
        return self.by_host.get(host, ())

    def flush(self) -> None:
        """Write what waits; called at every tick, and at the end."""
        for sink in self.sinks:
            sink.flush()


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
            LogSink(target)
        except OSError as fault:
            faults.append((target.origin, f"cannot open the access log `{target.target}`: {fault.strerror or fault}"))
    return faults


def warn_of_logs(plan: Plan) -> list[tuple[Origin, str]]:
    """What formats ask for that is always `-` here."""
    warnings = []
    for target in targets_of(plan):
        try:
            silent = compile_format(target.format).silent
        except FormatFault:
            continue
        warnings += [(target.origin, f"`{specifier}` is always `-` in this version") for specifier in silent]
    return warnings
