"""The command `evenflow`: what can be typed, what it prints, and its exit status.

Here are options and their words; what they do is imported when it is asked for, so that `--version` and `--help`
answer at once.
"""

from __future__ import annotations

import difflib
import errno
import os
import sys
from typing import Any, Final, NoReturn

import click

from evenflow.tools import operate
from evenflow.tools.audit.command import audit
from evenflow.tools.demo.command import demo
from evenflow.tools.doctor.command import doctor
from evenflow.tools.init.command import init
from evenflow.tools.options import DEFINE, FORM, coloured, defines_of, say
from evenflow.tools.top import top

NO_PLACE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a file or a disk says that takes no more."""


class Commands(click.Group):
    """A group that names the nearest command for one that it does not know."""

    def main(self, *args: Any, **more: Any) -> Any:
        """As click has it, and with an answer where what is printed has no place to go to."""
        if sys.stdout is None or sys.stderr is None:
            # Somebody closed them: `evenflow check FILE >&-` asks for the exit status alone.
            nowhere = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
            sys.stdout = sys.stdout or nowhere
            sys.stderr = sys.stderr or nowhere
        try:
            try:
                return super().main(*args, **more)
            finally:
                sys.stdout.flush()
        except OSError as fault:
            if fault.errno not in NO_PLACE:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            click.echo(f"error: the output cannot be written: {fault.strerror}", err=True)
            sys.exit(1)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.list_commands(ctx), 1)
            known = ", ".join(f"`{known}`" for known in self.list_commands(ctx))
            hint = f"did you mean `evenflow {near[0]}`?" if near else f"the commands are {known}"
            ctx.fail(f"there is no command `{name}`: {hint}")
        return super().resolve_command(ctx, args)


def print_version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from evenflow.tools.version import describe

        click.echo(describe())
        ctx.exit()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="As with httpd: `evenflow -t -f FILE` tests a configuration, -S shows its virtual hosts, -D defines a name.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=print_version, help="Say what runs here."
)
@click.option("-t", "test", is_flag=True, help="Test the configuration that -f names, and end.")
@click.option("-S", "hosts", is_flag=True, help="Show the virtual hosts of the configuration that -f names.")
@click.option("-M", "modules", is_flag=True, help="Show the modules that count as loaded there.")
@click.option("-f", "file", metavar="FILE", help="The configuration for -t, -S and -M.")
@DEFINE
@click.pass_context
def main(
    ctx: click.Context, test: bool, hosts: bool, modules: bool, file: str | None, defined: tuple[str, ...]
) -> None:
    """A load balancer and reverse proxy that runs Apache httpd's configuration unchanged."""
    ctx.obj = defined
    if ctx.invoked_subcommand is not None:
        if test or hosts or modules or file is not None:
            ctx.fail(f"-t and -f stand alone: type `evenflow -t -f FILE`, or `evenflow {ctx.invoked_subcommand} FILE`")
        return
    dumps = ["DUMP_VHOSTS", "DUMP_RUN_CFG"] * hosts + ["DUMP_MODULES"] * modules
    dumps += [name for name in defined if test and name.startswith("DUMP_")]
    if dumps and file is not None:
        dump(file, dumps, defines_of(tuple(name for name in defined if name not in dumps)))
    if hosts or modules:
        letter = "S" if hosts else "M"
        ctx.fail(f"-{letter} needs a configuration: type `evenflow -{letter} -f FILE`")
    if test and file is not None:
        test_syntax(file, defines_of(defined))
    if test:
        ctx.fail("-t needs a configuration: type `evenflow -t -f FILE`")
    if file is not None:
        ctx.fail(f"to serve it, type `evenflow serve {file}`; to test it, `evenflow -t -f {file}`")
    click.echo(ctx.get_help())


@main.command(short_help="Serve a configuration in the foreground.")
@click.argument("file")
@click.option(
    "--children",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="So many processes serve; one per processor unless said.",
)
@click.option("--rehearse", is_flag=True, hidden=True)
@DEFINE
@click.pass_obj
def serve(
    above: tuple[str, ...], file: str, children: int | None, rehearse: bool, defined: tuple[str, ...]
) -> NoReturn:
    """Serve FILE in the foreground.

    SIGTERM and SIGINT finish what is in flight and end with 0. SIGHUP and SIGUSR1, or `evenflow reload`, load FILE
    again.
    """
    defines = defines_of(above + defined)
    from evenflow.control import start

    # What `evenflow upgrade` asks of a program before it lets it take over.
    sys.exit((start.rehearse if rehearse else start.serve)(file, children, defines))


@main.command(short_help="Say every problem of a configuration.")
@click.argument("file")
@click.option("--names", is_flag=True, help="Ask for the names of members too: those that do not resolve are told.")
@FORM
@DEFINE
@click.pass_obj
def check(above: tuple[str, ...], file: str, names: bool, form: str, defined: tuple[str, ...]) -> NoReturn:
    """Say every problem of FILE in one run: where, what is wrong, and what to type.

    Ends with 0, or with 1 where there are errors; warnings alone leave it at 0.
    """
    defines = defines_of(above + defined)
    from evenflow.tools import check as checking

    found = checking.examine(file, defines, advice=True, names=names)
    if form == "json":
        click.echo(checking.as_json(found))
    else:
        say(checking.as_text(found, color=coloured(sys.stdout)), sys.stdout)
    sys.exit(1 if found.errors else 0)


@main.command(short_help="Say why a request goes where it goes.")
@click.argument("words", nargs=-1, metavar="FILE URL")
@click.option("-X", "method", default="GET", metavar="METHOD", help="Another method than GET.")
@click.option("-H", "fields", multiple=True, metavar="'NAME: VALUE'", help="A header field; may be repeated.")
@click.option("--cookie", "cookies", multiple=True, metavar="NAME=VALUE", help="A cookie; may be repeated.")
@click.option("--from", "client", metavar="ADDRESS", help="The client's address; somebody's unless said.")
@click.option("--to", metavar="ADDRESS:PORT", help="Where the request comes in; found by the URL unless said.")
@click.option("--sni", metavar="NAME", help="The name in the TLS handshake, `-` for none; the URL's unless said.")
@click.option("--http1.0", "old", is_flag=True, help="An HTTP/1.0 request, without Host unless -H says one.")
@click.option("--http2", "two", is_flag=True, help="An HTTP/2 request, where `Protocols` has it.")
@click.option("--body-length", type=click.IntRange(0), default=0, metavar="N", help="With a body of N bytes.")
@click.option("--all", "every", is_flag=True, help="Show rules that do not match, and settings at their defaults.")
@click.option(
    "--pid", "running", metavar="FILE", help="Ask the running instance that this PidFile, or this configuration, names."
)
@FORM
@DEFINE
@click.pass_obj
def explain(
    above: tuple[str, ...],
    words: tuple[str, ...],
    method: str,
    fields: tuple[str, ...],
    cookies: tuple[str, ...],
    client: str | None,
    to: str | None,
    sni: str | None,
    old: bool,
    two: bool,
    body_length: int,
    every: bool,
    running: str | None,
    form: str,
    defined: tuple[str, ...],
) -> NoReturn:
    """Say why a request for URL goes where it goes under FILE, step by step, with the lines behind each step.

    URL is http://HOST/PATH or https://HOST/PATH, or /PATH for the first virtual host. Nothing is sent, but with --pid,
    which takes the place of FILE: a running instance that has `EvenflowExplain from 127.0.0.1` explains by its own
    numbers. Ends with 0, or with 2 where the configuration has errors or the request cannot be asked.
    """
    defines = defines_of(above + defined)
    from evenflow.tools import asking, live
    from evenflow.tools import explain as explaining

    if running is not None:
        words = (running, *words)
    if len(words) != 2:
        raise click.UsageError(
            "type `evenflow explain FILE URL`, for instance `evenflow explain wiki.conf /index.html`"
        )
    if two and (old or running is not None):
        raise click.UsageError("--http2 goes with a FILE, and without --http1.0")
    version = "1.0" if old else "2.0" if two else "1.1"
    asked = asking.Asked(
        words[1], method, fields, cookies, client or asking.SOMEBODY, to, sni, version, body_length
    )
    color = coloured(sys.stdout)
    try:
        ask = explaining.answer if running is None else live.answer
        said, notes = ask(words[0], defines, asked, coloured(sys.stderr))
    except explaining.Unusable as unusable:
        say(str(unusable), sys.stderr)
        sys.exit(2)
    except asking.Unclear as unclear:
        raise click.UsageError(str(unclear)) from None
    if form == "json":
        click.echo(explaining.as_json(said, notes))
    else:
        say(explaining.as_text(said, notes, color, every), sys.stdout)
    sys.exit(0)


@main.command(short_help="Show virtual hosts, mappings, balancers.")
@click.argument("file")
@FORM
@DEFINE
@click.pass_obj
def show(above: tuple[str, ...], file: str, form: str, defined: tuple[str, ...]) -> NoReturn:
    """Show what FILE comes to: the virtual hosts of each address, mappings in the order in which they are tried,
    rules, sections, balancers with their members, each with the line that says so.

    `evenflow -S -f FILE` shows the virtual hosts in httpd's own form.
    """
    from evenflow.tools import explain as explaining
    from evenflow.tools import show as showing

    try:
        loaded, plan = explaining.loaded_plan(file, defines_of(above + defined), coloured(sys.stderr))
    except explaining.Unusable as unusable:
        say(str(unusable), sys.stderr)
        sys.exit(1)
    said = showing.view(loaded, plan)
    say(showing.as_json(said) + "\n" if form == "json" else showing.as_text(said, coloured(sys.stdout)), sys.stdout)
    sys.exit(0)


@main.command("format", short_help="Lay a configuration out evenly.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--write", "act", flag_value="write", help="Write the files.")
@click.option("--check", "act", flag_value="check", help="Only name the files that would change; ends with 1 then.")
@click.option("--diff", "act", flag_value="diff", help="Only show what would change; ends with 1 then.")
def format_files(files: tuple[str, ...], act: str | None) -> NoReturn:
    """Print each FILE indented by its sections, with directives spelt as httpd spells them.

    Arguments, comments and continued lines stay what they are. `-` is standard input. No Include is followed.
    """
    from evenflow.tools import format as formatting

    sys.exit(formatting.run(files, act or "print", sys.stdout, sys.stderr))


@main.command(short_help="Say which requests change their way between two configurations.")
@click.argument("old")
@click.argument("new")
@click.option("--replay", metavar="LOG", help="Requests out of an access log; `-` is standard input, .gz is unpacked.")
@click.option("--urls", metavar="FILE", help="Requests out of a list, `[METHOD] URL` a line.")
@click.option(
    "--log-format",
    metavar="FORMAT",
    help="The log's format: common, combined, a nickname of either configuration, or the text of a LogFormat; guessed"
    " among httpd's own unless said.",
)
@click.option(
    "--host", metavar="NAME", help="Host of requests whose log does not tell it; the first ServerName of OLD."
)
@click.option("--to", metavar="ADDRESS:PORT", help="Where requests come in; found by port and name unless said.")
@click.option("--all", "every", is_flag=True, help="Show every group of changes.")
@FORM
@DEFINE
@click.pass_obj
def diff(
    above: tuple[str, ...],
    old: str,
    new: str,
    replay: str | None,
    urls: str | None,
    log_format: str | None,
    host: str | None,
    to: str | None,
    every: bool,
    form: str,
    defined: tuple[str, ...],
) -> NoReturn:
    """Say which requests go another way under NEW than under OLD: a summary, then each kind of change with an example
    and the lines behind it.

    Without --replay and --urls the requests are made from the configurations: every path that a line is about, to
    every virtual host. Ends with 0 where nothing changes, 1 where something does, 2 on an error.
    """
    defines = defines_of(above + defined)
    from evenflow.tools import asking, explain
    from evenflow.tools import diff as comparing

    options = comparing.Options(old, new, replay, urls, log_format, host, to)
    try:
        found = comparing.difference(options, defines, coloured(sys.stderr))
    except explain.Unusable as unusable:
        say(str(unusable), sys.stderr)
        sys.exit(2)
    except asking.Unclear as unclear:
        raise click.UsageError(str(unclear)) from None
    if form == "json":
        click.echo(comparing.as_json(found, options))
    else:
        say(comparing.as_text(found, options, coloured(sys.stdout), every), sys.stdout)
    sys.exit(1 if found.changed else 0)


def test_syntax(file: str, defines: dict[str, str]) -> NoReturn:
    """httpd's -t: everything on stderr, `Syntax OK` where no error was found."""
    from evenflow.tools import check as checking

    found = checking.examine(file, defines)
    if found.diagnostics:
        say(checking.problems(found, color=coloured(sys.stderr)), sys.stderr)
    if found.errors:
        sys.exit(1)
    click.echo("Syntax OK", err=True)
    sys.exit(0)


def dump(file: str, wanted: list[str], defines: dict[str, str]) -> NoReturn:
    """httpd's -S, -M and `-t -D DUMP_...`; errors on stderr, and 1, where there is nothing to show."""
    from evenflow.tools import dumps
    from evenflow.tools import explain as explaining

    strange = next((name for name in wanted if name not in dumps.DUMPS), None)
    if strange is not None:
        raise click.UsageError(f"`{strange}` is no dump: they are {', '.join(f'`{name}`' for name in dumps.DUMPS)}")
    try:
        loaded, plan = explaining.loaded_plan(file, defines, coloured(sys.stderr))
    except explaining.Unusable as unusable:
        say(str(unusable), sys.stderr)
        sys.exit(1)
    if "DUMP_MODULES" in wanted:
        say(dumps.modules(loaded), sys.stdout)
    if "DUMP_INCLUDES" in wanted:
        say(dumps.includes(loaded), sys.stdout)
    if "DUMP_VHOSTS" in wanted:
        say(dumps.virtual_hosts(plan), sys.stdout)
    if "DUMP_RUN_CFG" in wanted:
        say(dumps.run_configuration(loaded, plan), sys.stdout)
    sys.exit(0)


main.add_command(audit)
main.add_command(demo)
main.add_command(init)
main.add_command(doctor)
for command in operate.COMMANDS:
    main.add_command(command)
main.add_command(top)
