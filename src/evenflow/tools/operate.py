"""What is typed at a running evenflow: reload, upgrade, status, members, drain, disable, enable,
add, remove.

Each is an order over the control socket of whoever started it. Without -f the one instance that runs is meant.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from evenflow.slotmem.limits import LIMITS
from evenflow.tools import leaving

FILE: Final = click.option(
    "-f", "file", metavar="FILE", help="The configuration that it serves; not needed where one instance runs."
)
FORM: Final = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
TIMEOUT: Final = click.option(
    "--timeout", type=click.FloatRange(0), metavar="SECONDS", help="With --wait: end with 3 when it takes longer."
)
LOOK_SECONDS: Final = 1.0
"""`--wait` looks so often."""
LOST: Final = "nobody answers: either it is not yours, or it ended while it was upgraded; its error log has more"
UPGRADE_SECONDS: Final = 300.0
"""So long may an upgrade take: a rehearsal, and two programs that wait for children."""


@click.command(short_help="Load the configuration again, without a dropped request.")
@FILE
@FORM
def reload(file: str | None, form: str) -> NoReturn:
    """Load the configuration of a running instance again.

    It is read first: where it has errors they are printed here, and the instance goes on with what it had. Then new
    children take over, and those before them finish what they have; tunnels live on. Ends with 0, or with 1.
    """
    answer = order(file, {"do": "reload"}, form)
    click.echo(answer["said"], nl=False, err=True)
    click.echo(f"reloaded: generation {answer['generation']} serves")
    sys.exit(0)


@click.command(short_help="Let another version go on, without a dropped request.")
@click.argument("path", metavar="[FILE]", required=False)
@click.option(
    "--program", metavar="PROGRAM", help="Another evenflow than the one that runs, by its path: in another environment."
)
@FILE
@FORM
def upgrade(path: str | None, program: str | None, file: str | None, form: str) -> NoReturn:
    """Let the program that is installed now take the place of the one that serves FILE.

    It rehearses first: where it cannot start, or finds errors in FILE, they are printed here and nothing changes. Then
    it goes on in the same process, with the listeners that are open, and its children take over as after a reload;
    tunnels live on. Where it fails then, the program of before comes back. Ends with 0, or with 1.
    """
    if path is not None and file is not None:
        raise click.UsageError("type FILE once, with -f or without")
    said = {"do": "upgrade", "program": whole_path(program) if program is not None else None}
    answer = order(path or file, said, form, UPGRADE_SECONDS)
    click.echo(answer["said"], nl=False, err=True)
    click.echo(f"upgraded: {answer['before']} to {answer['version']}, generation {answer['generation']} serves")
    sys.exit(0)


@click.command(short_help="Show who serves and what they do.")
@FILE
@FORM
def status(file: str | None, form: str) -> NoReturn:
    """Show the children of a running instance, and those that finish something after a reload."""
    say(order(file, {"do": "status"}, form), status_text)


@click.command(short_help="Show the members of balancers as they are now.")
@click.argument("balancer", required=False)
@FILE
@FORM
def members(balancer: str | None, file: str | None, form: str) -> NoReturn:
    """Show the members of BALANCER, or of all, with their state and what they did."""
    say(order(file, {"do": "members", "balancer": balancer}, form), members_text)


@click.command(short_help="Let a member keep its sessions and get no new ones.")
@click.argument("balancer")
@click.argument("member")
@click.option(
    "--deadline",
    metavar="TIME",
    help="Be empty within TIME, for instance 15m: tunnels leave until then, and then the member is disabled.",
)
@click.option("--wait", is_flag=True, help="Wait until it is empty: no sessions, no tunnels, no requests.")
@TIMEOUT
@FILE
@FORM
def drain(
    balancer: str,
    member: str,
    deadline: str | None,
    wait: bool,
    timeout: float | None,
    file: str | None,
    form: str,
) -> NoReturn:
    """Drain MEMBER of BALANCER: sessions that it has go on there, new ones go to the others.

    MEMBER is a URL, a route, or HOST:PORT. `evenflow enable` takes it back. With --deadline, clients of tunnels are
    told to go (WebSocket close code 1001) one after the other; they come back elsewhere.

    What is left is shown: sessions that were seen there within EvenflowSessionIdle (of a balancer with stickysession),
    tunnels, and requests in flight; and when it is empty: at the earliest, if nobody comes back, and at the rate at
    which sessions became fewer of late. Once MEMBER is disabled, sessions are not waited for.
    """
    empty("drain", balancer, member, deadline, wait, timeout, file, form)


@click.command(short_help="Give a member nothing more.")
@click.argument("balancer")
@click.argument("member")
@FILE
@FORM
def disable(balancer: str, member: str, file: str | None, form: str) -> NoReturn:
    """Disable MEMBER of BALANCER: its sessions move to others with their next request; what is in flight is finished.
    `evenflow enable` takes it back.
    """
    changed("disable", balancer, member, file, form)
    sys.exit(0)


@click.command(short_help="Take a member back.")
@click.argument("balancer")
@click.argument("member")
@FILE
@FORM
def enable(balancer: str, member: str, file: str | None, form: str) -> NoReturn:
    """Enable MEMBER of BALANCER: neither drained, disabled nor stopped any more, and not counted as in error."""
    changed("enable", balancer, member, file, form)
    sys.exit(0)


@click.command(short_help="Give a balancer another member.")
@click.argument("balancer")
@click.argument("url")
@FILE
@FORM
def add(balancer: str, url: str, file: str | None, form: str) -> NoReturn:
    """Add the member URL to BALANCER, which must say `growth=N` and have room. It is disabled until you type
    `evenflow enable`, and stays over reloads; over restarts only with BalancerPersist.
    """
    changed("add", balancer, url, file, form)
    sys.exit(0)


@click.command(short_help="Take a member away that was added.")
@click.argument("balancer")
@click.argument("member")
@click.option("--deadline", metavar="TIME", help="As for `evenflow drain`: within TIME its tunnels leave.")
@click.option("--wait", is_flag=True, help="Wait until it is gone.")
@TIMEOUT
@FILE
@FORM
def remove(
    balancer: str,
    member: str,
    deadline: str | None,
    wait: bool,
    timeout: float | None,
    file: str | None,
    form: str,
) -> NoReturn:
    """Take MEMBER of BALANCER away, which was added while it ran. It drains as by `evenflow drain`; once nobody has a
    session there and nothing is in flight, it is gone and there is room for another one. `evenflow enable` keeps it if
    that is typed before. One that a line of the configuration names stays: drain or disable it.
    """
    empty("remove", balancer, member, deadline, wait, timeout, file, form)


def empty(
    what: str,
    balancer: str,
    member: str,
    deadline: str | None,
    wait: bool,
    timeout: float | None,
    file: str | None,
    form: str,
) -> NoReturn:
    """`drain` or `remove`: begin it and, if wanted, wait until it is done."""
    if timeout is not None and not wait:
        raise click.UsageError("--timeout goes with --wait")
    said = {"deadline": seconds_of(deadline)} if deadline is not None else {}
    begun = changed(what, balancer, member, file, form if not wait else "quiet", **said)
    if wait:
        wait_for(balancer, begun["name"], file, form, timeout, what == "remove")
    sys.exit(0)


COMMANDS: Final = (reload, upgrade, status, members, drain, disable, enable, add, remove)


def order(file: str | None, what: dict[str, Any], form: str, seconds: float | None = None) -> dict[str, Any]:
    """Give an order; a refusal is printed and ends with 1, an answer in JSON is printed and ends with 0. It is waited
    for as long as `channel.ask` does, or for so many seconds.
    """
    from evenflow.control import channel

    try:
        answer = channel.ask(target(file), what, seconds or channel.ANSWER_SECONDS)
    except channel.HungUp as unreachable:
        answer = {"ok": False, "error": LOST if what["do"] == "upgrade" else str(unreachable)}
    except channel.Unreachable as unreachable:
        answer = {"ok": False, "error": str(unreachable)}
    if form == "json":
        click.echo(json.dumps(answer, indent=2))
        sys.exit(0 if answer["ok"] else 1)
    if not answer["ok"]:
        text = str(answer["error"])
        click.echo(text if "\n" in text else f"error: {text}", err=True, nl="\n" not in text)
        sys.exit(1)
    return answer


def target(file: str | None) -> Path:
    """The socket of the instance that is meant. Raises click.UsageError where that is not clear."""
    from evenflow.control import channel

    if file is not None:
        if not Path(file).exists():
            raise click.UsageError(f"there is no file `{file}`")
        return channel.place(file)
    found = channel.running()
    if len(found) == 1:
        return found[0]
    if found:
        raise click.UsageError(f"{len(found)} instances run: say which with -f FILE")
    raise click.UsageError("no instance of yours runs: type `evenflow serve FILE`, or become who started it")


def whole_path(program: str) -> str:
    """Where a program is that was typed by its name or its path."""
    found = shutil.which(program)
    if found is None:
        raise click.UsageError(f"there is no program `{program}` that can be executed")
    return str(Path(found).absolute())


def seconds_of(text: str) -> float:
    """`90`, `90s`, `15m`, `2h` in seconds."""
    unit = {"s": 1, "m": 60, "h": 3600}.get(text[-1:], 0)
    digits = text[:-1] if unit else text
    if not digits.isdigit() or not int(digits):
        raise click.UsageError(f"`{text}` is no time: type for instance 90s, 15m or 2h")
    return float(int(digits) * (unit or 1))


def changed(what: str, balancer: str, member: str, file: str | None, form: str, **said: Any) -> dict[str, Any]:
    """Order a change of one member, say what came of it, and answer the member as it is now."""
    answer = order(file, {"do": what, "balancer": balancer, "member": member, **said}, form)
    one: dict[str, Any] = answer["member"]
    if form == "text":
        click.echo(leaving.text(one))
    return one


def wait_for(
    balancer: str, name: str, file: str | None, form: str, timeout: float | None, until_gone: bool
) -> NoReturn:
    """Show what is left at the member of this name until nothing is, or until it is gone; then end."""
    began = time.monotonic()
    said_last = ""
    while True:
        answer = order(file, {"do": "members", "balancer": balancer}, "quiet")
        one = next((row for row in rows(answer) if row["name"] == name), None)
        ended = one is None or (leaving.is_empty(one) and not until_gone)
        line = leaving.text(one) if one is not None else f"{name} is gone"
        if form == "text" and (line != said_last or sys.stderr.isatty()):
            leaving.show(line, ended)
        said_last = line
        if ended:
            if form == "json":
                click.echo(json.dumps({"ok": True, "balancer": balancer, "member": one}))
            sys.exit(0)
        if timeout is not None and time.monotonic() - began >= timeout:
            if form == "json":
                click.echo(json.dumps({"ok": False, "error": "the time is over", "member": one}))
            sys.exit(3)
        time.sleep(LOOK_SECONDS)


def rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for balancer in answer["balancers"] for one in balancer["members"]]


def say(answer: dict[str, Any], text: Callable[[dict[str, Any]], Any]) -> NoReturn:
    """Print a table, and end."""
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    for part in text(answer):
        console.print(part)
    sys.exit(0)


def status_text(answer: dict[str, Any]) -> list[Any]:
    from rich.markup import escape

    lines: list[Any] = [
        escape(
            f"evenflow {answer['version']}, process {answer['pid']}, up {span(answer['uptime'])},"
            f" generation {answer['generation']}, on {', '.join(answer['listeners'])}"
        ),
        *([f"[bold]{escape(answer['trouble'])}[/bold]"] if answer["trouble"] else []),
        f"{answer['requests']:,} requests answered; now {answer['in_flight']} in flight,"
        f" {answer['connections']} connections, {answer['tunnels']} tunnels of them"
        + ("" if answer["sessions"] is None else f"; {answer['sessions']:,} sessions"),
        children_table(answer["children"]),
    ]
    lines += [f"{count:,} {told_of(name)}" for name, count in answer["limits_met"].items() if count]
    lines += [escape(f"balancer://{one['balancer']}: {leaving.text(one)}") for one in answer["draining"]]
    for one in answer["retired"]:
        lines += [f"generation {one['generation']} finishes what it has:", children_table(one["children"])]
    return lines


def told_of(limit: str) -> str:
    """What happened where this limit was met; its name where another version counted it."""
    return dict(LIMITS).get(limit, limit)


def children_table(children: list[dict[str, Any]]) -> Any:
    table = plain_table("process", "state", "up", "requests", "in flight", "connections", "tunnels")
    for one in children:
        counts = [f"{one[name]:,}" for name in ("requests", "in_flight", "connections", "tunnels")]
        table.add_row(str(one["pid"]), one["state"], span(one["age"]), *counts)
    return table


def members_text(answer: dict[str, Any]) -> list[Any]:
    from rich.markup import escape

    parts: list[Any] = []
    for balancer in answer["balancers"]:
        sticky = f", sticky by {balancer['sticky']}" if balancer["sticky"] else ""
        parts.append(escape(f"balancer://{balancer['name']}: {balancer['lbmethod']}{sticky} ({balancer['origin']})"))
        counts = ("in flight", "tunnels", "sessions", "chosen", "sent", "received")
        table = plain_table("member", "route", "state", "factor", "set", *counts)
        for one in balancer["members"]:
            sizes = [size(one["sent"]), size(one["received"])]
            factor = f"{one['loadfactor']:g}"
            table.add_row(
                escape(one["name"]), escape(one["route"]), one["state"], factor, str(one["lbset"]),
                f"{one['busy']:,}", f"{one['tunnels']:,}", leaving.number(one["sessions"]), f"{one['elected']:,}",
                *sizes,
            )  # fmt: skip
        parts.append(table)
    return parts or ["no balancers are configured"]


def plain_table(*heads: str) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False)
    for index, head in enumerate(heads):
        table.add_column(head, justify="left" if index < 2 or head == "state" else "right")
    return table


def span(seconds: float) -> str:
    """`3d 4h`, `12m 5s`: the two largest units."""
    left = int(seconds)
    parts = []
    for letter, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or letter == "s":
            parts.append(f"{count}{letter}")
    return " ".join(parts[:2])


def size(count: int) -> str:
    """Bytes for people: `1.5M`."""
    for letter, unit in (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)):
        if count >= unit:
            return f"{count / unit:.1f}{letter}"
    return str(count)
