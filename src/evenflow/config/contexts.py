"""Where a directive may stand, and how httpd says that it may not.

The letters are those of the directive catalogue: G, S, SP, SLP, D, A. This file knows places, not directives.
"""

from __future__ import annotations

from enum import Flag, auto
from typing import Final


class Context(Flag):
    """The kinds of place that a statement can stand in."""

    SERVER = auto()
    """The main server."""
    VHOST = auto()
    LOCATION = auto()
    PROXY = auto()
    DIRECTORY = auto()
    FILES = auto()
    IF = auto()


SERVER: Final = Context.SERVER
VHOST: Final = Context.VHOST
LOCATION: Final = Context.LOCATION
PROXY: Final = Context.PROXY
DIRECTORY: Final = Context.DIRECTORY
FILES: Final = Context.FILES
IF: Final = Context.IF

SERVERS: Final = SERVER | VHOST
INSIDE: Final = LOCATION | PROXY | DIRECTORY | FILES | IF
ANYWHERE: Final = SERVERS | INSIDE

LETTERS: Final = {
    "G": SERVER,
    "S": SERVERS,
    "SP": SERVERS | PROXY,
    "SLP": SERVERS | LOCATION | PROXY,
    "D": INSIDE,
    "A": ANYWHERE,
}

PLACES: Final = {
    SERVER: "the main server",
    VHOST: "`<VirtualHost>`",
    LOCATION: "`<Location>`",
    PROXY: "`<Proxy>`",
    DIRECTORY: "`<Directory>`",
    FILES: "`<Files>`",
    IF: "`<If>`",
}


def where_allowed(contexts: Context) -> str:
    """The places in words: "the main server or `<VirtualHost>`"."""
    places = [text for place, text in PLACES.items() if place in contexts]
    return places[0] if len(places) == 1 else ", ".join(places[:-1]) + " or " + places[-1]


def refusal(name: str, contexts: Context, place: Context, section: str) -> str:
    """httpd's own sentence for a directive that stands in `section` and may not.

    `section` is the opening tag's name, without brackets.
    """
    if place is SERVER:
        return f"{name} not allowed here"
    if contexts & (SERVERS if place is VHOST else INSIDE if name.startswith("<") else INSIDE & ~PROXY):
        bracket = ">" if name.startswith("<") else ""
        return f"{name}{bracket} cannot occur within <{section}> section"
    return f"{name} not allowed in <{section}> context"
