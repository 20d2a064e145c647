"""`evenflow top`: who serves, and what every member does now, in a terminal that is kept up to date.

It asks the running instance over its control socket, as `members` and `status` do; rates are the difference of two
looks. Without a terminal, or with --once, the tables are printed as plain lines.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, NoReturn

import click

from evenflow.slotmem.measured import quantile
from evenflow.tools import leaving, operate

SECONDS: Final = 1.0
WIDE: Final = 120
"""Columns of a terminal that has room for everything."""
QUIT: Final = (b"q", b"Q", b"\x03", b"\x04", b"\x1b")


@dataclass(frozen=True, slots=True)
class Look:
    """What the instance said at one moment."""

    at: float
    status: dict[str, Any]
    members: dict[str, Any]


class MemberRates(NamedTuple):
    """One member between two looks; the first four a second."""

    chosen: float
    errors: float
    """Attempts that failed, and answers with a status from 500 up."""
    sent: float
    received: float
    median: float | None
    """Seconds until its answers began: half of them took no longer. None where there was none."""
    slow: float | None
    """The same for 99 of a hundred."""


@dataclass(slots=True)
class Rates:
    """What rose by how much a second since the look before; nothing where there was none."""

    seconds: float = 0.0
    requests: float = 0.0
    members: dict[tuple[str, int], MemberRates] = field(default_factory=dict)
    """By balancer and place."""


@click.command(short_help="Show members and traffic live.")
@click.option("--once", is_flag=True, help="Look twice, print one table, and end.")
@click.option(
    "--every", type=click.FloatRange(0.1, 60), default=SECONDS, show_default=True, metavar="SECONDS",
    help="How often to look.",
)  # fmt: skip
@operate.FILE
def top(once: bool, every: float, file: str | None) -> NoReturn:
    """Show the children and members of a running instance, with their traffic, until q or Ctrl-C.

    Rates are those since the look before. Where the output is no terminal it is as with --once.
    """
    from rich.console import Console

    if once or not sys.stdout.isatty():
        console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
        first = look(file)
        time.sleep(every)
        second = look(file)
        for part in picture(second, rates(first, second), True):
            console.print(part)
        sys.exit(0)
    show(Console(highlight=False), lambda: look(file), every)
    sys.exit(0)


def look(file: str | None) -> Look:
    """Ask; a refusal is printed and ends the program with 1."""
    status = operate.order(file, {"do": "status"}, "quiet")
    members = operate.order(file, {"do": "members"}, "quiet")
    return Look(time.monotonic(), status, members)


def show(console: Any, ask: Callable[[], Look], every: float) -> None:
    """Until somebody quits. The screen that was there comes back."""
    from rich.console import Group
    from rich.live import Live

    before = ask()
    first = Group(*picture(before, Rates(), console.width >= WIDE))
    live = Live(first, console=console, screen=True, auto_refresh=False)
    with keys() as quits:
        try:
            # Not as a context: interrupted while it shows its first picture, it would leave its screen there.
            live.start(refresh=True)
            while not quits(every):
                now = ask()
                live.update(Group(*picture(now, rates(before, now), console.width >= WIDE)), refresh=True)
                before = now
        except KeyboardInterrupt:
            pass
        finally:
            live.stop()


@contextmanager
def keys() -> Iterator[Callable[[float], bool]]:
    """Keys as they are typed: a function that waits for so many seconds and answers whether one of QUIT came."""
    if not sys.stdin.isatty():
        yield wait
        return
    import termios
    import tty

    kept = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield typed
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, kept)


def wait(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def typed(seconds: float) -> bool:
    """Whether somebody quits within so many seconds; other keys are passed over."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([sys.stdin], [], [], left)[0]:
            key = os.read(sys.stdin.fileno(), 1)
            if not key or key in QUIT:
                return True
    return False


def rates(before: Look, now: Look) -> Rates:
    """What happened between two looks. Counters that fell belong to another instance: no rate."""
    seconds = now.at - before.at
    if seconds <= 0 or now.status["pid"] != before.status["pid"]:
        return Rates()

    def per_second(was: float, is_now: float) -> float:
        return max(0.0, is_now - was) / seconds

    known = dict(named(before))
    found = Rates(seconds, per_second(before.status["requests"], now.status["requests"]))
    for key, row in named(now):
        was = known.get(key)
        if was is not None and was["name"] == row["name"]:
            chosen, errors = per_second(was["elected"], row["elected"]), per_second(was["errors"], row["errors"])
            sent, received = per_second(was["sent"], row["sent"]), per_second(was["received"], row["received"])
            pairs = zip(was["latency_counts"], row["latency_counts"], strict=True)
            counts = [max(0, is_now - before) for before, is_now in pairs]
            bounds = now.members["latency_bounds"]
            median, slow = quantile(counts, 0.5, bounds), quantile(counts, 0.99, bounds)
            found.members[key] = MemberRates(chosen, errors, sent, received, median, slow)
    return found


def named(at: Look) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """Every member under its balancer's name and its place; names may repeat."""
    for number, balancer in enumerate(at.members["balancers"]):
        for place, row in enumerate(balancer["members"]):
            yield (f"{number} {balancer['name']}", place), row


def picture(at: Look, rising: Rates, wide: bool) -> list[Any]:
    """The whole of it, for rich; what was counted since the beginning only where there is room for it."""
    from rich.markup import escape

    said = at.status
    parts: list[Any] = [
        escape(
            f"evenflow {said['version']}, process {said['pid']}, up {operate.span(said['uptime'])},"
            f" generation {said['generation']}, on {', '.join(said['listeners'])}"
        ),
        f"{rate(rising.requests, rising)} requests/s, {said['requests']:,} in all; {said['in_flight']:,} in flight,"
        f" {said['connections']:,} connections, {said['tunnels']:,} tunnels",
        operate.children_table(said["children"]),
    ]
    for one in said["retired"]:
        tunnels = sum(child["tunnels"] for child in one["children"])
        parts.append(f"generation {one['generation']} finishes what it has: {tunnels} tunnels")
    for number, balancer in enumerate(at.members["balancers"]):
        parts.append(escape(f"balancer://{balancer['name']}: {balancer['lbmethod']}"))
        parts.append(members_table(f"{number} {balancer['name']}", balancer["members"], rising, wide))
    return parts


def members_table(name: str, members: list[dict[str, Any]], rising: Rates, wide: bool) -> Any:
    from rich.markup import escape

    heads = ("member", "route", "state", "in flight", "sessions", "chosen/s", "errors/s", "p50", "p99")
    table = operate.plain_table(*heads, *(("to/s", "from/s", "chosen", "to", "from") if wide else ()))
    for place, one in enumerate(members):
        color = COLORS.get(one["state"], "yellow")
        now = rising.members.get((name, place))
        speed, bytes_now = ("-",) * 4, ("-",) * 2
        if now is not None:
            speed = (f"{now.chosen:.1f}", f"{now.errors:.1f}", duration(now.median), duration(now.slow))
            bytes_now = (operate.size(int(now.sent)), operate.size(int(now.received)))
        totals = (f"{one['elected']:,}", operate.size(one["sent"]), operate.size(one["received"]))
        table.add_row(
            escape(one["name"]), escape(one["route"]), f"[{color}]{one['state']}[/{color}]", f"{one['busy']:,}",
            leaving.number(one["sessions"]), *speed, *((*bytes_now, *totals) if wide else ()),
        )  # fmt: skip
    return table


COLORS: Final = {"serving": "green", "in error": "red", "failing its check": "red"}
"""Of a state; the others are somebody's will."""


def rate(value: float, rising: Rates) -> str:
    return f"{value:.1f}" if rising.seconds else "-"


def duration(seconds: float | None) -> str:
    """`2.5 ms`, `12 ms`, `1.3 s`; `-` where nobody knows."""
    if seconds is None:
        return "-"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"
