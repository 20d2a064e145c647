"""What several commands take, and how they print."""

from __future__ import annotations

import os
from typing import Final, TextIO

import click

DEFINE: Final = click.option(
    "-D",
    "defined",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="Define NAME for <IfDefine NAME> and ${NAME}; may be repeated.",
)
"""httpd's -D; the value is ours."""


FORM: Final = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)


def coloured(stream: TextIO) -> bool:
    """Whether to print in colours: on a terminal that has them, unless NO_COLOR is set (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str, stream: TextIO) -> None:
    """Print, also where the text holds what the stream's encoding cannot say: configurations are in any encoding."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def defines_of(defined: tuple[str, ...]) -> dict[str, str]:
    """`NAME` and `NAME=VALUE` as a table; a name without a value has ""."""
    table = {}
    for word in defined:
        name, _, value = word.partition("=")
        if not name:
            raise click.UsageError(f"-D needs a name, not `{word}`: type `-D NAME` or `-D NAME=VALUE`")
        table[name] = value
    return table
