"""Answers that are kept where they must not be, or that nobody can read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evenflow.config.advice.uses import forwards_everything
from evenflow.config.checks.view import Places, Server
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.settings import UNSET, Block, FieldEdit

KEPT = re.compile(r"\bpublic\b|\bs-maxage\s*=\s*[1-9]|\bmax-age\s*=\s*[1-9]", re.IGNORECASE)
NOT_KEPT = re.compile(r"\bprivate\b|\bno-store\b|\bno-cache\b", re.IGNORECASE)
PAGES = frozenset({"text/html", "application/json", "application/xhtml+xml"})


def _for_all(server: Server) -> Iterator[Block]:
    """The sections whose words hold for every answer."""
    yield server.main
    if server.block is not server.main:
        yield server.block
    yield from (one for one in server.locations if one.match == "prefix" and one.pattern == "/")


def check_kept(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Cache-Control or Expires for everything that an application with sessions answers."""
    if forwards_everything(server) is None:
        return
    for scope in _for_all(server):
        for edit in scope.headers.edits or ():
            if _keeps(edit):
                yield _kept(places, edit)
        expires = scope.expires
        if expires.active is not True:
            continue
        by_type = [kind for kind, line in expires.by_type or () if kind.lower() in PAGES and line.seconds > 0]
        if by_type:
            name = "ExpiresByType"
        elif expires.default is not UNSET and expires.default.seconds > 0:
            name = "ExpiresDefault"
        else:
            continue
        yield warning(
            "pages-cached",
            f"`{name}` lets browsers and caches keep the application's pages",
            places.statement(scope, name),
            notes=("one user's page, and the cookie that came with it, may be given to another",),
            help="name the types that never change: `ExpiresByType image/png ...`, `ExpiresByType text/css ...`",
        )


def _keeps(edit: FieldEdit) -> bool:
    return (
        edit.table != "request"
        and edit.action in ("set", "setifempty", "add", "append", "merge")
        and edit.name.lower() == "cache-control"
        and edit.env is None
        and edit.expr is None
        and KEPT.search(edit.value) is not None
        and NOT_KEPT.search(edit.value) is None
    )


def _kept(places: Places, edit: FieldEdit) -> Diagnostic:
    return warning(
        "pages-cached",
        f"`Cache-Control: {edit.value}` lets caches keep the application's pages",
        places.whole(edit.origin),
        notes=(
            "one user's page, and the cookie that came with it, may be given to another; what application links sign "
            "must not come from a cache either",
        ),
        help="put it into a `<LocationMatch>` for what never changes, such as `\\.(png|css|js)$`",
    )


def check_encodings(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Content-Encoding changed on its way, or an encoding asked for that the client did not."""
    for edit in server.edits:
        name = edit.name.lower()
        if edit.table != "request" and name == "content-encoding" and edit.action not in ("note", "echo"):
            yield _unreadable(places, edit, "the browser cannot read what the member compressed")
        elif (
            edit.table == "request"
            and name == "accept-encoding"
            and edit.action in ("set", "add", "append", "merge")
            and re.search(r"gzip|deflate|br|zstd|\*", edit.value)
            and edit.env is None
            and edit.expr is None
        ):
            yield _unreadable(places, edit, "clients get an encoding that they did not ask for")
    for scope in (server.main, server.block, *server.locations):
        for line in scope.environment.variables or ():
            if line.name.lower() == "force-gzip" and line.value is not None:
                yield warning(
                    "encoding-broken",
                    "`force-gzip` for every request: clients get an encoding that they did not ask for",
                    places.whole(line.origin),
                    help="remove it: whoever can read gzip says so",
                )


def _unreadable(places: Places, edit: FieldEdit, why: str) -> Diagnostic:
    return warning(
        "encoding-broken",
        f"`{edit.origin.text}`: {why}",
        places.whole(edit.origin),
        notes=("the field says how the body is written; who changes only the field makes it unreadable",),
        help="remove it; `RequestHeader unset Accept-Encoding` lets members answer uncompressed",
    )
