"""The demo as it goes: look for taken ports, start everything, then check it or wait, and what to say on the way."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import click

from evenflow.config.load import load
from evenflow.tools.demo import EXAMPLE, checks, ports
from evenflow.tools.demo.cluster import NODES, Cluster, DemoFault, Node

LOOK_SECONDS: Final = 0.2
"""How often the demo looks whether its processes still run."""


@dataclass(slots=True)
class Ending:
    """Whether the demo was told to end. A plain cell, because signal handlers write it."""

    told: bool = False


def run(file: Path, check: bool, ending: Ending, nodes: Sequence[Node] = NODES) -> int:
    """Start all of it; then check, or wait until told to end. The exit status; raises `DemoFault`."""
    bound, port = address_of(file)
    wanted = [(node.host, node.port) for node in nodes] + [(bound, port)]
    taken = [why for host, number in wanted if (why := ports.hindrance(host, number))]
    if taken:
        raise DemoFault("\n".join(taken))
    host = bound or "127.0.0.1"
    with Cluster(nodes) as cluster:
        cluster.serve(file, host, port)
        click.echo(places(file, host, port, nodes))
        if check:
            return check_all(checks.Front(host, port), ending)
        click.echo(what_to_try(host, port))
        while not ending.told:
            if ended := cluster.ended():
                raise DemoFault(f"{ended}; the demo ends too")
            time.sleep(LOOK_SECONDS)
        click.echo("\nending")
    return 0


def check_all(front: checks.Front, ending: Ending) -> int:
    """Run every check, even after one failed."""
    failed = 0
    for check in checks.CHECKS:
        if ending.told:
            click.echo("stopped before the last check")
            return 1
        holds, line = checks.run(check, front)
        failed += not holds
        click.echo(f"{mark(holds)} {line}")
    if failed:
        click.echo(f"{failed} of {len(checks.CHECKS)} checks failed")
    return 1 if failed else 0


def mark(holds: bool) -> str:
    tick, cross = ("✓", "✗") if (sys.stdout.encoding or "").lower().startswith("utf") else ("ok  ", "FAIL")
    return click.style(tick, fg="green") if holds else click.style(cross, fg="red", bold=True)


def places(file: Path, host: str, port: int, nodes: Sequence[Node]) -> str:
    rows = [f"  {node!s:<18} http://{node.host}:{node.port}" for node in nodes]
    return "\n".join([*rows, f"  {'evenflow':<18} http://{host}:{port}  with {file}", ""])


def what_to_try(host: str, port: int) -> str:
    front = f"http://{host}:{port}"
    rows = (
        (f"curl -i {front}/", "again and again: the nodes take turns"),
        (f"curl -i -b ROUTEID=.1 {front}/who", "with the route cookie: always node 1"),
        (f"curl -i {front}/login.action", "the redirect carries this address, not the node's"),
        (f"curl -N {front}/stream", "line by line"),
        (f"curl --data-binary @FILE {front}/upload", "size and digest of what arrived"),
        (f"{front}/pages/editpage.action", "in a browser: a WebSocket through the balancer"),
        ("evenflow check FILE", "what is wrong with the published file"),
    )
    width = max(len(act) for act, _ in rows)
    lines = [f"  {act:<{width}}  {why}" for act, why in rows]
    return "\n".join(["Try:", *lines, "", "Ctrl-C ends it."])


def example_file() -> Path:
    """The published configuration: above the source in a checkout, or where the installed package put it."""
    for above in Path(__file__).resolve().parents:
        if (above / "examples" / EXAMPLE).is_file():
            return above / "examples" / EXAMPLE
    try:
        installed = metadata.files("evenflow") or []
    except metadata.PackageNotFoundError:
        installed = []
    for entry in installed:
        if entry.name == EXAMPLE:
            return Path(str(entry.locate())).resolve()
    raise DemoFault(
        f"`{EXAMPLE}` did not come with this installation\nhelp: name a file: `evenflow demo --config FILE`"
    )


def address_of(file: Path) -> tuple[str, int]:
    """The first address that the file listens on; "" is every address."""
    settings = load(str(file), {}).settings
    if settings is None:
        raise DemoFault(f"`{file}` has errors\nhelp: see them with `evenflow check {file}`")
    listens = settings.main.core.listens
    if not listens or listens[0].port is None:
        raise DemoFault(f"`{file}` has no `Listen`\nhelp: add `Listen 8080`")
    return listens[0].host, listens[0].port
