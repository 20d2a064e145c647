"""`make bench`: evenflow beside nginx, HAProxy and httpd, measured in turns and printed as one table.

The proxies run on one CPU, members and load on another. Every figure is the median of its rounds; ratios are to nginx
in the same run. A program that is missing, or that does not do what is measured, is named and left out.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import click
from rich.console import Console

import measures
from certificate import make_certificate
from measures import BROWSER, Place
from processes import Running, free_port
from programs import CHECKOUT, REQUEST_THREADS, SPARE_THREADS, Program, Setup, find_programs
from report import Figures, keep, machine_facts, table

MEASURES: Final = ("requests", "idle", "tunnels", "messages")

errors = Console(stderr=True, highlight=False, soft_wrap=True)


@click.command()
@click.option("--only", metavar="NAMES", help="Only these of evenflow,nginx,haproxy,httpd; the table is not kept.")
@click.option("--measure", "chosen", metavar="NAMES", help=f"Only these of {','.join(MEASURES)}; not kept either.")
@click.option("--rounds", default=3, show_default=True, help="Rounds of every load, taken in turns.")
@click.option("--seconds", default=3.0, show_default=True, help="Length of one load with requests.")
@click.option("--idle", "idle_count", default=2000, show_default=True, help="Idle kept connections to weigh.")
@click.option("--tunnels", "tunnel_count", default=1000, show_default=True, help="Idle WebSocket tunnels to weigh.")
@click.option("--messages", "message_count", default=30000, show_default=True, help="WebSocket messages a round.")
@click.option("--tls", is_flag=True, help="Also requests over TLS (ECDSA P-256, kept connections).")
@click.option("--log", is_flag=True, help="With a combined access log, for all of them.")
@click.option("--keep/--no-keep", "kept", default=None, help="Keep the table under bench/results, or do not.")
def main(
    only: str | None, chosen: str | None, rounds: int, seconds: float, idle_count: int, tunnel_count: int,
    message_count: int, tls: bool, log: bool, kept: bool | None,
) -> None:  # fmt: skip
    """Measure what a request, a WebSocket message, an idle connection and an idle tunnel cost, side by side."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    what = words(chosen, MEASURES)
    install_missing()
    programs = [program for program in find_programs() if program.name in words(only, NAMES)]
    figures = Figures()
    for program in programs:
        if program.binary is None:
            leave_out(figures, program, program.missing)
    for tool in ("wrk", "nginx", "taskset"):
        if shutil.which(tool) is None and shutil.which(f"/usr/sbin/{tool}") is None:
            raise click.ClickException(f"without {tool} there is no load: apt-get install wrk nginx util-linux")
    begin = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="evenflow-bench-") as folder:
            bench = Bench(Path(folder), programs, figures, log)
            with bench.members():
                if "requests" in what or "messages" in what:
                    bench.take_turns(what, rounds, seconds, message_count)
                if tls:
                    bench.take_turns_over_tls(rounds, seconds)
                if "idle" in what:
                    bench.weigh("idle", idle_count, measures.idle_connection)
                if "tunnels" in what:
                    bench.weigh("tunnels", tunnel_count, measures.idle_tunnel, threads=tunnel_count + SPARE_THREADS)
    except KeyboardInterrupt:
        errors.print("interrupted; everything that was started has ended")
        sys.exit(130)
    facts = machine_facts(programs, time.monotonic() - begin, sys.argv[1:])
    Console(width=None if sys.stdout.isatty() else 120).print(table(figures, facts, log))
    for name, reason in figures.left_out.items():
        errors.print(f"{name} is not in the table: {reason}")
    whole = not only and not chosen and not figures.left_out
    if kept or (kept is None and whole):
        for path in keep(figures, facts, log):
            print(f"kept as {path.relative_to(CHECKOUT)}")
    else:
        print("not kept: only a run of everything is, or one with --keep")


NAMES: Final = ("evenflow", "nginx", "haproxy", "httpd")


def words(text: str | None, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The comma-separated words of an option, all of `allowed` when it was not given."""
    if text is None:
        return allowed
    given = tuple(word.strip() for word in text.split(","))
    for word in given:
        if word not in allowed:
            raise click.UsageError(f"`{word}` is none of {', '.join(allowed)}")
    return given


def install_missing() -> None:
    """As root, what is missing comes from Debian; else it is only left out."""
    subprocess.run([CHECKOUT / "tests" / "install-peers.sh", "bench"], check=False)


def leave_out(figures: Figures, program: Program, reason: str) -> None:
    """Say at once that there will be no such column, and go on."""
    figures.left_out[program.name] = reason
    errors.print(f"[bold]{program.name}[/] is left out: {reason}")


class Bench:
    """One run: the folder it writes in, the members it starts, and where its figures go."""

    def __init__(self, run: Path, programs: list[Program], figures: Figures, log: bool) -> None:
        # httpd's child is not root and must be able to open what is in here.
        run.chmod(0o755)
        self.run = run
        self.programs = programs
        self.figures = figures
        self.log = log
        cpus = sorted(os.sched_getaffinity(0))
        self.proxy_cpu, self.load_cpu = cpus[0], cpus[-1]
        if len(cpus) == 1:
            errors.print("only one CPU here: requests a second and latencies mean little, CPU time still does")
        self.confluence = free_port("127.0.0.1", "127.0.0.2")
        self.synchrony = free_port("127.0.0.1", "127.0.0.2")

    def setup(self, certificate: Path | None = None, threads: int = REQUEST_THREADS) -> Setup:
        """What the programs of one start have in common."""
        return Setup(self.run, self.confluence, self.synchrony, self.proxy_cpu, self.log, certificate, threads)

    @contextmanager
    def members(self) -> Iterator[None]:
        """While it lasts: two Confluence stand-ins (nginx, 1 KiB a page), two of Synchrony (a WebSocket echo)."""
        config = self.setup().fill("backend.conf", 0, "backend")
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        tool = str(Path(__file__).with_name("tunnels.py"))
        echo = [sys.executable, tool, "echo", f"127.0.0.1:{self.synchrony}", f"127.0.0.2:{self.synchrony}"]
        pages = [nginx, "-c", str(config), "-e", str(self.run / "backend.err")]
        started: list[Running] = []
        try:
            started.append(Running(pages, self.load_cpu, self.run / "backend.out"))
            started.append(Running(echo, self.load_cpu, self.run / "echo.out"))
            started[0].wait_for(("127.0.0.2", self.confluence))
            started[1].wait_for(("127.0.0.2", self.synchrony))
            yield
        finally:
            for running in started:
                running.end()

    @contextmanager
    def started(self, programs: list[Program], setup: Setup) -> Iterator[list[tuple[Program, Running, Place]]]:
        """All of `programs` that start and answer rightly, while it lasts; the others are left out."""
        group: list[tuple[Program, Running, Place]] = []
        try:
            for program in programs:
                if program.name in self.figures.left_out:
                    continue
                place = Place(free_port("127.0.0.1"), setup.certificate is not None, self.load_cpu)
                try:
                    running = program.start(setup, place.port)
                    group.append((program, running, place))
                    measures.check(place)
                except (RuntimeError, OSError) as error:
                    leave_out(self.figures, program, str(error))
            yield [row for row in group if row[0].name not in self.figures.left_out]
        finally:
            for _, running, _ in group:
                running.end()

    def take_turns(self, what: tuple[str, ...], rounds: int, seconds: float, message_count: int) -> None:
        """The loads, each program in turn, so that a slow minute of the machine falls on all of them."""
        with self.started(self.programs, self.setup()) as group:
            for number in range(rounds):
                for program, running, place in group:
                    if "requests" in what:
                        self.note("first", program, number, partial(measures.requests, running, place, seconds))
                        self.note("kept", program, number, partial(measures.requests, running, place, seconds, BROWSER))
                    if "messages" in what:
                        self.note("message", program, number, partial(measures.messages, running, place, message_count))

    def take_turns_over_tls(self, rounds: int, seconds: float) -> None:
        """The first load again, to the same programs with a certificate."""
        certificate = make_certificate(self.run / "wiki.example.com.pem")
        with self.started(self.programs, self.setup(certificate)) as group:
            for number in range(rounds):
                for program, running, place in group:
                    self.note("tls", program, number, partial(measures.requests, running, place, seconds))

    def weigh(
        self, name: str, count: int, opened: Callable[[Place], socket.socket], threads: int = REQUEST_THREADS
    ) -> None:
        """One program after the other, freshly started so that no memory is left from a load; `count` held idle."""
        for program in self.programs:
            with self.started([program], self.setup(threads=threads)) as group:
                for _, running, place in group:
                    self.note(name, program, 0, partial(measures.bytes_each, running, count, partial(opened, place)))

    def note(self, row: str, program: Program, number: int, measure: Callable[[], dict[str, float]]) -> None:
        """Take one figure and say so; one that could not be taken is missing from the table, with its reason."""
        try:
            taken = measure()
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            self.figures.failed.setdefault(f"{program.name} {row}", str(error))
            errors.print(f"{program.name}: {row}: {error}")
            return
        self.figures.add(row, program.name, taken)
        said = "  ".join(f"{key} {value:,.1f}" for key, value in taken.items())
        errors.print(f"[dim]round {number + 1}  {program.name:9} {row:8} {said}[/]")


if __name__ == "__main__":
    main()
