"""`evenflow doctor`: what can be typed, whom it visits, and the exit status."""

from __future__ import annotations

import ssl
import sys
from dataclasses import replace
from typing import IO, Final, NoReturn

import click

from evenflow.tools.options import DEFINE, FORM, defines_of, say

WAYS: Final = ("direct", "synchrony-proxy", "polling")
"""`ways.WAYS`, said here as nothing else of it is needed to show what can be typed."""


@click.command(short_help="Examine a living deployment from outside.")
@click.argument("site", metavar="URL|FILE")
@click.option("--node", "nodes", multiple=True, metavar="URL", help="A node's own address; may be repeated.")
@click.option("--synchrony", "synchronies", multiple=True, metavar="URL", help="Its Synchrony's, in the same order.")
@click.option("--at", metavar="ADDRESS:PORT", help="Connect there, and ask for the URL's name all the same.")
@click.option("--idle", type=click.FloatRange(0, 3600), default=75.0, show_default=True, metavar="SECONDS",
              help="How long a quiet WebSocket is watched; 0 for not at all.")  # fmt: skip
@click.option("--rate", type=click.FloatRange(0.5, 50), default=5.0, show_default=True, metavar="N",
              help="Requests a second at most.")  # fmt: skip
@click.option("--expect", type=click.Choice(WAYS), help="The way to Synchrony that editors are to get, and no other.")
@click.option("--editor", type=click.File(encoding="utf-8", errors="replace"), metavar="FILE",
              help="A page while it is edited, as a browser saved it: it names the ways.")  # fmt: skip
@click.option("--own", multiple=True, metavar="PATH", help="What the balancer answers itself: /robots.txt.")
@FORM
@DEFINE
@click.pass_obj
def doctor(
    above: tuple[str, ...], site: str, nodes: tuple[str, ...], synchronies: tuple[str, ...], at: str | None,
    idle: float, rate: float, expect: str | None, editor: IO[str] | None, own: tuple[str, ...],
    form: str, defined: tuple[str, ...],
) -> NoReturn:  # fmt: skip
    """Examine the Confluence at URL, or the one that the balancer's configuration FILE serves (whose members are then
    asked directly too): some two hundred requests at most, none that changes anything.

    Ends with 0, with 1 where a fault was found (hints and open questions do not count) or where `--expect` is not
    proven, and with 2 where there is nothing to ask.
    """
    from rich.console import Console

    from evenflow.tools.doctor.asking import Asker, Manners
    from evenflow.tools.doctor.run import as_json, as_text, examine
    from evenflow.tools.doctor.target import from_file
    from evenflow.tools.doctor.visit import Node, Visit, place_of, shown_of_itself
    from evenflow.tools.doctor.ways import ADDRESSES

    # Certificates have a check of their own; the others must get through all the same.
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    try:
        if "://" not in site:
            target = from_file(site, defines_of(above + defined))
            site, own = target.site, own + target.own
            nodes, synchronies = nodes or target.nodes, synchronies or target.synchronies
        place, path = place_of(site)
        if at is not None:
            host, _, port = at.rpartition(":")
            if not host or not port.isdecimal():
                raise ValueError(f"`{at}` is no address: type one like 127.0.0.1:8443")
            place = replace(place, address=(host.strip("[]"), int(port)))
        manners = Manners(rate=rate)
        visit = Visit(Asker(place, manners, trust), path, [], idle)
        visit.own, visit.expected = tuple(dict.fromkeys(own)), expect or ""
        if editor is not None:
            visit.editor = shown_of_itself(editor.read())
            if ADDRESSES not in visit.editor:
                raise ValueError(f"`{editor.name}` has no `{ADDRESSES}`: save a page while it is edited, as HTML")
        for number, url in enumerate(nodes):
            node = Node(url.partition("://")[2].rstrip("/"), Asker(replace(place_of(url)[0]), manners, trust))
            if number < len(synchronies):
                node.synchrony = Asker(place_of(synchronies[number])[0], manners, trust)
            visit.nodes.append(node)
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None
    console = Console(stderr=True)
    with console.status("") as status:
        report = examine(visit, lambda name, done, of: status.update(f"{done} of {of}: {name}"))
    if form == "json":
        click.echo(as_json(report))
    else:
        say(as_text(report), sys.stdout)
    sys.exit(1 if report.failed else 0)
