"""The page of server-status. Everything between tags is escaped; nothing on it comes from a request."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from evenflow.control.manager.page import STYLE
from evenflow.control.status.report import Report, clock
from evenflow.slotmem.limits import LIMITS


def write_page(report: Report, refresh: int) -> str:
    """The whole page; `refresh` seconds, 0 for not."""
    again = f"<meta http-equiv='refresh' content='{refresh}'>\n" if refresh else ""
    parts = [
        "<!DOCTYPE html>\n<html lang='en'><head><title>Server Status</title>\n"
        f"<meta name='viewport' content='width=device-width'>\n{again}<style>\n{STYLE}</style>\n</head>\n"
        f"<body><h1>Server Status for {escape(report.name)}</h1>\n<dl>\n",
        *(f"<dt>{escape(fact)}</dt>\n" for fact in facts(report)),
        "</dl>\n<h2>Children</h2>\n",
        table(
            ("Child", "PID", "State", "Age (s)", "Requests", "In flight", "Connections", "Tunnels", "kBytes"),
            (
                (
                    *(child.index, child.pid or "-", child.letter, f"{child.age:.0f}", child.requests),
                    *(child.in_flight, child.connections, child.tunnels, child.body_bytes // 1024),
                )
                for child in report.children
            ),
        ),
        "<p>_ serving, W answering, S starting, G draining, . nobody</p>\n",
    ]
    met = [(count, said) for (name, said) in LIMITS if (count := report.limits[name])]
    if met:
        parts += ["<h2>Limits met</h2>\n", table(("Times", "What happened"), met)]
    for name, members in report.balancers:
        parts.append(f"<h2>{escape(name)}</h2>\n")
        parts.append(table(("Worker", "Status", "Elected", "Busy", "To", "From", "Sessions"), members))
    parts.append("</body></html>\n")
    return "".join(parts)


def facts(report: Report) -> list[str]:
    uptime = max(report.uptime, 1)
    return [
        f"Server Version: {report.version}",
        f"Current Time: {clock(report.now)}",
        f"Restart Time: {clock(report.now - report.uptime)}",
        f"Config. Generation: {report.generation}",
        f"Server uptime: {report.uptime} seconds",
        f"Total accesses: {report.requests} - Total Traffic: {report.body_bytes // 1024} kB",
        f"{report.requests / uptime:.3g} requests/sec - {report.body_bytes / uptime:.3g} B/second",
        f"{report.in_flight} requests currently being processed, {report.connections} connections, "
        f"{report.tunnels} tunnels",
    ]


def table(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A table of plain texts."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table><tr>{head}</tr>\n{body}</table>\n"
