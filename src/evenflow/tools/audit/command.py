"""`evenflow audit`: what can be typed, and the exit status."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from evenflow.tools.options import DEFINE, FORM, coloured, defines_of, say


@click.command(short_help="Compare the nodes' server.xml and setenv.sh with the balancer.")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@click.option("--balancer", metavar="FILE", help="The balancer's configuration, evenflow's or httpd's.")
@click.option("--url", metavar="URL", help="The public address, where the balancer's configuration is not at hand.")
@click.option("--write", metavar="FOLDER", help="Write corrected copies of the nodes' files to FOLDER/NODE/.")
@FORM
@DEFINE
@click.pass_obj
def audit(
    above: tuple[str, ...], paths: tuple[str, ...], balancer: str | None, url: str | None, write: str | None, form: str,
    defined: tuple[str, ...],
) -> NoReturn:  # fmt: skip
    """Read the files of one or more nodes (server.xml, setenv.sh, confluence.cfg.xml, or the folders in which they are)
    and say what does not fit the balancer, the public address, or the other nodes; and what to type.

    Ends with 0, with 1 where something was found (hints do not count), and with 2 where a file cannot be used.
    """
    from evenflow.tools.audit import audit as auditing
    from evenflow.tools.audit.corrected import write_corrected

    try:
        audited = auditing.audit(paths, balancer, url, defines_of(above + defined))
    except auditing.Unusable as fault:
        raise click.UsageError(str(fault)) from None
    if form == "json":
        click.echo(auditing.as_json(audited))
    else:
        say(auditing.as_text(audited, coloured(sys.stdout)), sys.stdout)
    if write is not None:
        try:
            for path in write_corrected(write, audited.nodes, audited.findings):
                click.echo(f"wrote {path}", err=True)
        except OSError as fault:
            raise click.UsageError(f"nothing was written: {fault}; name a folder of its own with --write") from None
    sys.exit(2 if audited.problems else 1 if audited.certain else 0)
