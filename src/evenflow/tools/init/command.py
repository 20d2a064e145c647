"""`evenflow init`: what can be typed, and the exit status."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from evenflow.tools.init.profile import PROFILES, Profile
from evenflow.tools.init.site import (
    MANAGER_PORT,
    SYNCHRONY_PORT,
    Node,
    Site,
    Unusable,
    read_file,
    read_name,
    read_node,
    read_path,
)

PORT: Final = click.IntRange(1, 65535)


@click.command(short_help="Write a configuration for an application that is known.")
@click.argument("profile", type=click.Choice(list(PROFILES)))
@click.option("--name", required=True, metavar="HOST", help="The name that browsers use: wiki.example.com.")
@click.option("--node", "nodes", multiple=True, required=True, metavar="ADDRESS", help="A node, HOST or HOST:PORT.")
@click.option(
    "--synchrony",
    multiple=True,
    metavar="ADDRESS",
    help=f"Confluence: Synchrony of each node, in their order; port {SYNCHRONY_PORT} of the node unless said.",
)
@click.option("--tls", nargs=2, metavar="CERTIFICATE KEY", help="The files of the certificate and its key.")
@click.option("--port", type=PORT, metavar="PORT", help="443 with --tls and 80 without, unless said.")
@click.option(
    "--manager-port",
    type=PORT,
    default=MANAGER_PORT,
    metavar="PORT",
    show_default=True,
    help="Where the manager is, for this machine alone.",
)
@click.option("--path", default="", metavar="PATH", help="The application's context path: /confluence.")
@click.option("--direct", is_flag=True, help="Confluence: editors may not take the way through Confluence's own proxy.")
@click.option("--robots", is_flag=True, help="Write robots.txt beside FILE: search engines are asked to stay away.")
@click.option("-o", "--output", metavar="FILE", help="Write it to FILE, which must not be there; else it is printed.")
def init(
    profile: str, name: str, nodes: tuple[str, ...], synchrony: tuple[str, ...], tls: tuple[str, str] | None,
    port: int | None, manager_port: int, path: str, direct: bool, robots: bool, output: str | None,
) -> None:  # fmt: skip
    """Write a complete, commented configuration for PROFILE, and say what belongs into the nodes' own files.

    It is an ordinary configuration: `evenflow check` finds nothing in it, and httpd reads it as well.
    """
    from evenflow.tools.init.make import ROBOTS, configuration, for_nodes

    known = PROFILES[profile]
    if (synchrony or direct) and not known.synchrony:
        raise click.UsageError(f"--synchrony and --direct are for confluence, and {profile} has no Synchrony")
    if robots and output is None:
        raise click.UsageError("--robots writes a file beside the configuration: say -o FILE as well")
    if synchrony and len(synchrony) != len(nodes):
        raise click.UsageError(f"say --synchrony for each of the {len(nodes)} nodes, in their order, or for none")
    public = port if port is not None else 443 if tls is not None else 80
    if manager_port in (public, 80 if tls is not None else public):
        raise click.UsageError(f"port {manager_port} is a public one: say another with --manager-port")
    try:
        application, beside = read_nodes(known, nodes, synchrony)
        certificate, key = (os.path.abspath(read_file(file)) for file in tls) if tls is not None else ("", "")
        site = Site(
            read_name(name), public, manager_port, read_path(path), application, beside, certificate, key, direct=direct
        )
        if output is not None and robots:
            site = replace(site, robots=read_file(str(Path(output).resolve().parent / "robots.txt")))
    except Unusable as fault:
        raise click.UsageError(str(fault)) from None
    text = configuration(known, site, output or f"{profile}.conf")
    if output is None:
        click.echo(text, nl=False)
    else:
        write({output: text, site.robots: ROBOTS} if robots else {output: text})
    told = for_nodes(known, site)
    if told:
        click.echo(f"\nWrite this into the nodes' own files:\n\n{told}", err=True)
    if output is not None:
        click.echo(f"\nNow type: evenflow check {output}", err=True)
        if direct:
            click.echo(f"Once it serves: evenflow doctor {output} --expect direct", err=True)


def read_nodes(
    known: Profile, nodes: tuple[str, ...], synchrony: tuple[str, ...]
) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The application's, and Synchrony's beside them. Raises Unusable."""
    application = tuple(read_node(text, known.port) for text in nodes)
    said = (synchrony or tuple(node.host for node in application)) if known.synchrony else ()
    beside = tuple(read_node(text, SYNCHRONY_PORT) for text in said)
    everybody = [*application, *beside]
    twice = next((node for node in everybody if everybody.count(node) > 1), None)
    if twice is not None:
        raise Unusable(f"`{twice.address}` is said twice: two on one machine need ports of their own, `HOST:PORT`")
    return application, beside


def write(files: dict[str, str]) -> None:
    """Write files that are not there yet; where one is, say so, write none and end."""
    there = next((path for path in files if Path(path).exists()), None)
    if there is not None:
        raise click.UsageError(f"`{there}` is there already: remove it, or name another file")
    for path, text in files.items():
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(text)
        except OSError as fault:
            raise click.UsageError(f"`{path}` cannot be written: {fault.strerror}") from None
        click.echo(f"wrote {path}", err=True)
