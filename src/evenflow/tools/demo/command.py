"""`evenflow demo`: what a person types to see evenflow at work, and what it prints."""

from __future__ import annotations

import signal
import sys
import threading
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import Final

import click

from evenflow.tools.demo import checks, ports
from evenflow.tools.demo.cluster import NODES, Cluster, DemoFault

EXAMPLE: Final = "datacenter.conf"
LOOK_SECONDS: Final = 0.2
"""How often the demo looks whether its processes still run."""


@click.command(short_help="Start a stand-in cluster with evenflow in front.")
@click.option("--check", is_flag=True, help="Ask through the balancer, print one line per check, and end with 0 or 1.")
@click.option(
    "--config",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"Another configuration than {EXAMPLE}; its members have to stand where the nodes stand.",
)
def demo(check: bool, file: Path | None) -> None:
    """Start two stand-in Confluence nodes, two stand-in Synchrony nodes, and evenflow in front of them.

    It runs in the foreground until Ctrl-C or SIGTERM.
    """
    stop = threading.Event()

    def told_to_end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told_to_end)
    try:
        sys.exit(run(file or example_file(), check, stop))
    except DemoFault as fault:
        click.echo(f"{click.style('error', fg='red', bold=True)}: {fault}", err=True)
        sys.exit(1)


def run(file: Path, check: bool, stop: threading.Event) -> int:
    """Start all of it; then check, or wait for `stop`. The exit status."""
    bound, port = address_of(file)
    wanted = [(node.host, node.port) for node in NODES] + [(bound, port)]
    taken = [why for host, number in wanted if (why := ports.hindrance(host, number))]
    if taken:
        raise DemoFault("\n".join(taken))
    host = bound or "127.0.0.1"
    with Cluster() as cluster:
        cluster.serve(file, host, port)
        click.echo(places(file, host, port))
        if check:
            return check_all(checks.Front(host, port), stop)
        click.echo(what_to_try(host, port))
        while not stop.wait(LOOK_SECONDS):
            if ended := cluster.ended():
                raise DemoFault(f"{ended}; the demo ends too")
        click.echo("\nending")
    return 0


def check_all(front: checks.Front, stop: threading.Event) -> int:
    """Run every check, even after one failed."""
    failed = 0
    for check in checks.CHECKS:
        if stop.is_set():
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


def places(file: Path, host: str, port: int) -> str:
    rows = [f"  {node!s:<18} http://{node.host}:{node.port}" for node in NODES]
    return "\n".join([*rows, f"  {'evenflow':<18} http://{host}:{port}  with {file}", ""])


def what_to_try(host: str, port: int) -> str:
    front = f"http://{host}:{port}"
    return f"""Try:
  curl -i {front}/                               reload: the nodes take turns
  curl -i -b ROUTEID=.1 {front}/who              with the route cookie: always node 1
  curl -i {front}/login.action                   the redirect carries this address, not the node's
  curl -N {front}/stream                         line by line
  curl -F file=@README.md {front}/upload         size and digest of what arrived
  open {front}/pages/editpage.action in a browser    a WebSocket through the balancer
  evenflow check FILE                                            what is wrong with the published file

Ctrl-C ends it.
"""


def example_file() -> Path:
    """The published configuration: above the source in a checkout, or where the installed package put it."""
    for above in Path(__file__).resolve().parents:
        if (above / "examples" / EXAMPLE).is_file():
            return above / "examples" / EXAMPLE
    for entry in metadata.files("evenflow") or ():
        if entry.name == EXAMPLE:
            return Path(str(entry.locate())).resolve()
    raise DemoFault(
        f"`{EXAMPLE}` did not come with this installation\nhelp: name a file: `evenflow demo --config FILE`"
    )


def address_of(file: Path) -> tuple[str, int]:
    """The first address that the file listens on; "" is every address."""
    from evenflow.config.load import load

    settings = load(str(file), {}).settings
    if settings is None:
        raise DemoFault(f"`{file}` has errors\nhelp: see them with `evenflow check {file}`")
    listens = settings.main.core.listens
    if not listens or listens[0].port is None:
        raise DemoFault(f"`{file}` has no `Listen`\nhelp: add `Listen 8080`")
    return listens[0].host, listens[0].port
