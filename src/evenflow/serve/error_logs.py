"""Which error log lines about a virtual host go to."""

from __future__ import annotations

from evenflow.plan.model import Plan
from evenflow.serve.error_format import formats_of
from evenflow.serve.error_log import NAMES, ErrorLog, threshold


class ErrorLogs:
    """The error log of each virtual host of a plan, in one process; `main` is that of hosts without one of their own.
    """

    def __init__(self, plan: Plan, main: ErrorLog) -> None:
        self.main = main
        self.by_host: dict[object, ErrorLog] = {}
        of_main = None if plan.main is None else plan.main.error_lines
        known: dict[object, ErrorLog] = {(main.target, main.level, of_main, b""): main}
        for host in (*plan.hosts, plan.main):
            if host is None:
                continue
            target = host.error_log or main.target
            level = threshold(host.log_level) if host.log_level else main.level
            lines = host.error_lines
            # With a format, lines name the server whose log it is.
            name = host.server_name if lines is not None and host is not plan.main else b""
            key = (target, level, lines, name)
            if key not in known:
                known[key] = ErrorLog(target, NAMES[level], formats=formats_of(host), server=name.decode("latin-1"))
            self.by_host[host] = known[key]
        self.all = tuple(known.values())

    def of(self, host: object) -> ErrorLog:
        """The log of one virtual host, the main one for None."""
        return self.by_host.get(host, self.main)

    def tick(self) -> None:
        """`ErrorLog.tick` for each."""
        for log in self.all:
            log.tick()

    def close(self) -> None:
        """`ErrorLog.close` for each."""
        for log in self.all:
            log.close()
