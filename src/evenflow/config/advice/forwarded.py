"""What the application is told of the client: address and scheme, and who may say them."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.advice.uses import uses
from evenflow.config.checks.view import Places, Server, speaks_tls
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.settings import UNSET

CHANGING = frozenset({"set", "setifempty", "unset", "edit", "edit*"})


def check_addresses(server: Server, places: Places) -> Iterator[Diagnostic]:
    """Any client says which address it has."""
    scope = server.block if server.block.remoteip.header is not UNSET else server.main
    header = scope.remoteip.header
    if header is not UNSET and not (server.block.remoteip.proxies or server.main.remoteip.proxies):
        yield warning(
            "forwarded-unchecked",
            f"any client may say in `{header[0]}` which address it has",
            places.whole(header[1]),
            notes=("without a list of proxies everybody is believed, by `Require ip` and by the logs",),
            help="write `RemoteIPTrustedProxy ADDRESS` with the address of the proxy in front of this one",
        )
    for part in (server.main, server.block, *server.locations, *server.proxies):
        if part.proxy.add_headers is not False or next(uses(server), None) is None:
            continue
        if any(
            edit.table == "request" and edit.action in CHANGING and edit.name.lower() == "x-forwarded-for"
            for edit in server.edits
        ):
            continue
        yield warning(
            "forwarded-unchecked",
            "with `ProxyAddHeaders Off` the application believes whatever X-Forwarded-For a client sends",
            places.statement(part, "ProxyAddHeaders"),
            help="write `RequestHeader unset X-Forwarded-For` beside it, or `ProxyAddHeaders On`",
        )


def check_scheme(server: Server, places: Places) -> Iterator[Diagnostic]:
    """A TLS virtual host that tells the application it was asked in the clear."""
    if not speaks_tls(server.main, server.block):
        return
    locations = [one for one in server.block.blocks if one.kind == "location"]
    for part in (server.block, *locations):
        for edit in part.headers.edits or ():
            if edit.table != "request" or edit.action not in ("set", "setifempty") or edit.expr or edit.env:
                continue
            if edit.name.lower() in ("x-forwarded-proto", "x-forwarded-scheme") and edit.value.lower() == "http":
                yield warning(
                    "forwarded-proto-wrong",
                    f"`{edit.name}: http` in a virtual host that speaks TLS",
                    places.whole(edit.origin),
                    notes=(
                        "an application that believes it redirects to https for ever, and writes http:// and ws:// "
                        "into its pages, which browsers block",
                    ),
                    help=f"write `RequestHeader set {edit.name} https`",
                )
