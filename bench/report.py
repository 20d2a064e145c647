"""The table: on the terminal, and kept under bench/results as Markdown for people and JSON for programs."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from rich.table import Table

from programs import CHECKOUT, Program

RESULTS: Final = CHECKOUT / "bench" / "results"
COLUMNS: Final = ("evenflow", "nginx", "haproxy", "httpd")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: which figure of which measure, and how it is written."""

    measure: str
    figure: str
    caption: str
    form: str


ROWS: Final = (
    Row("first", "cpu_us", "CPU per request, no cookie yet (µs)", ".1f"),
    Row("kept", "cpu_us", "CPU per request, browser with its cookie (µs)", ".1f"),
    Row("tls", "cpu_us", "CPU per request over TLS (µs)", ".1f"),
    Row("message", "cpu_us", "CPU per WebSocket message, there and back (µs)", ".1f"),
    Row("first", "per_second", "requests per second, no cookie yet", ",.0f"),
    Row("kept", "per_second", "requests per second, browser with its cookie", ",.0f"),
    Row("tls", "per_second", "requests per second over TLS", ",.0f"),
    Row("message", "per_second", "WebSocket messages per second, there and back", ",.0f"),
    Row("first", "p50_ms", "latency p50, no cookie yet (ms)", ".2f"),
    Row("first", "p99_ms", "latency p99, no cookie yet (ms)", ".2f"),
    Row("kept", "p50_ms", "latency p50, browser with its cookie (ms)", ".2f"),
    Row("kept", "p99_ms", "latency p99, browser with its cookie (ms)", ".2f"),
    Row("tls", "p50_ms", "latency p50 over TLS (ms)", ".2f"),
    Row("tls", "p99_ms", "latency p99 over TLS (ms)", ".2f"),
    Row("idle", "bytes", "memory per idle connection (bytes)", ",.0f"),
    Row("tunnels", "bytes", "memory per idle tunnel (bytes)", ",.0f"),
)


@dataclass(slots=True)
class Figures:
    """Every figure taken: measure -> program -> figure -> its rounds. And what could not be taken, with the reason."""

    taken: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, measure: str, program: str, figures: dict[str, float]) -> None:
        """One round's."""
        for name, value in figures.items():
            self.taken.setdefault(measure, {}).setdefault(program, {}).setdefault(name, []).append(value)

    def middle(self, row: Row, program: str) -> float | None:
        """The median of the rounds; None if there was none."""
        rounds = self.taken.get(row.measure, {}).get(program, {}).get(row.figure)
        return median(rounds) if rounds else None

    def cell(self, row: Row, program: str) -> str:
        """The median as written, and in brackets how it stands to nginx's in the same run."""
        value = self.middle(row, program)
        if value is None:
            return "–"
        nginx = self.middle(row, "nginx")
        ratio = f" ({value / nginx:.2f})" if nginx and nginx > 0 and program != "nginx" else ""
        return f"{value:{row.form}}{ratio}"

    def lines(self) -> list[tuple[str, ...]]:
        """The rows for which there is at least one figure: the caption, then a cell for each program that has any."""
        rows = [row for row in ROWS if any(self.middle(row, program) is not None for program in COLUMNS)]
        return [(row.caption, *(self.cell(row, program) for program in self.columns())) for row in rows]

    def columns(self) -> list[str]:
        """The programs that have figures."""
        return [program for program in COLUMNS if any(program in rows for rows in self.taken.values())]


@dataclass(frozen=True, slots=True)
class Facts:
    """Where, when and with what the figures were taken."""

    date: str
    command: str
    seconds: float
    machine: str
    memory: str
    kernel: str
    python: str
    versions: dict[str, str]


def machine_facts(programs: Sequence[Program], seconds: float, arguments: Sequence[str]) -> Facts:
    """The facts of this run; `seconds` is how long it took."""
    model = re.search(r"(?m)^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"(?m)^MemTotal:\s*(\d+) kB$", Path("/proc/meminfo").read_text())
    return Facts(
        date=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        command="make bench" + (f" ARGS={shlex.quote(shlex.join(arguments))}" if arguments else ""),
        seconds=round(seconds, 1),
        machine=f"{model[1] if model else platform.machine()}, {os.cpu_count()} CPUs",
        memory=f"{int(memory[1]) / 2**20:.1f} GiB" if memory else "unknown",
        kernel=platform.release(),
        python=platform.python_version(),
        versions={program.name: program.version for program in programs if program.version},
    )


def title(log: bool) -> str:
    """What the table is of."""
    return f"evenflow beside nginx, HAProxy and httpd, {'combined' if log else 'no'} access log (ratio to nginx)"


def table(figures: Figures, facts: Facts, log: bool) -> Table:
    """For the terminal."""
    shown = Table("", *figures.columns(), title=title(log), caption=f"{facts.machine}; took {facts.seconds:.0f} s")
    for column in shown.columns[1:]:
        column.justify = "right"
    for line in figures.lines():
        shown.add_row(*line)
    return shown


def keep(figures: Figures, facts: Facts, log: bool) -> list[Path]:
    """Write DATE.md and DATE.json (DATE-log for the mode with a log); a run of the same day is replaced."""
    RESULTS.mkdir(exist_ok=True)
    stem = facts.date[:10] + ("-log" if log else "")
    written = [RESULTS / f"{stem}.md", RESULTS / f"{stem}.json"]
    written[0].write_text(markdown(figures, facts, log))
    everything = {"facts": asdict(facts), "access_log": log, **asdict(figures)}
    written[1].write_text(json.dumps(everything, indent=1, ensure_ascii=False) + "\n")
    return written


def markdown(figures: Figures, facts: Facts, log: bool) -> str:
    """The table with its facts, as a page."""
    columns = figures.columns()
    lines = [
        f"# {title(log)}",
        "",
        f"`{facts.command}`, {facts.date}, took {facts.seconds:.0f} s. Medians of all rounds; "
        "[bench/README.md](../README.md) says what the figures mean.",
        "",
        "| | " + " | ".join(columns) + " |",
        "|---|" + "---:|" * len(columns),
        *("| " + " | ".join(line) + " |" for line in figures.lines()),
        "",
        f"{facts.machine}, {facts.memory}, Linux {facts.kernel}, Python {facts.python}.",
        "",
        *(f"- {name}: {version}" for name, version in facts.versions.items()),
        *(f"- not taken: {name}: {' '.join(reason.split())}" for name, reason in figures.failed.items()),
        *(f"- left out: {name}: {' '.join(reason.split())}" for name, reason in figures.left_out.items()),
    ]
    return "\n".join(lines) + "\n"
