"""`evenflow demo`: what a person types to see evenflow at work."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

import click

from evenflow.tools.demo import EXAMPLE


@click.command(short_help="Start a stand-in cluster with evenflow in front.")
@click.option("--check", is_flag=True, help="Ask through the balancer, print one line per check, and end with 0 or 1.")
@click.option(
    "--config",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another configuration than `evenflow init confluence` makes, such as examples/"
    f"{EXAMPLE}; its members have to stand where the nodes stand.",
)
@click.option(
    "--front",
    "before",
    type=click.Choice(["evenflow", "httpd"]),
    default="evenflow",
    help="Who stands in front: evenflow, or Debian's Apache httpd with the very same file.",
)
def demo(check: bool, file: Path | None, before: str) -> None:
    """Start two stand-in Confluence nodes, two stand-in Synchrony nodes, and evenflow in front of them.

    People edit a page together in as many windows as they like; a button on it stops a node. It runs in the foreground
    until Ctrl-C or SIGTERM.
    """
    from evenflow.tools.demo import show
    from evenflow.tools.demo.cluster import DemoFault

    ending = show.Ending()

    def told_to_end(number: int, frame: FrameType | None) -> None:
        ending.told = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told_to_end)
    try:
        sys.exit(show.run(file, check, ending, before=before))
    except DemoFault as fault:
        click.echo(f"{click.style('error', fg='red', bold=True)}: {fault}", err=True)
        sys.exit(1)
