"""Limits on what clients send: some that do not hold, some that cut what is well."""

from __future__ import annotations

from collections.abc import Iterator

from evenflow.config.advice.uses import forwards_everything, uses
from evenflow.config.checks.view import Places, Server
from evenflow.config.diagnostics import Diagnostic, warning
from evenflow.config.settings import UNSET, ReadLimit

ENOUGH = 300
"""Seconds that an upload of 250 MB takes over a slow line."""
USUAL_FIELD = 8190
"""LimitRequestFieldSize, in bytes, where nothing is said."""


def check_bodies(server: Server, places: Places) -> Iterator[Diagnostic]:
    """LimitRequestBody where everything is forwarded: it limits only what is answered here."""
    if forwards_everything(server) is None:
        return
    for scope in (server.main, server.block):
        if scope.core.body_limit is UNSET or scope.core.body_limit == 0:
            continue
        yield warning(
            "body-limit-idle",
            "`LimitRequestBody` does not hold for requests that are forwarded, and here all are",
            places.statement(scope, "LimitRequestBody"),
            notes=("httpd and evenflow count only bodies of requests that they answer themselves",),
            help="remove it, and limit uploads where they are taken (Confluence: Attachment Maximum Size)",
        )


def check_read_times(server: Server, places: Places) -> Iterator[Diagnostic]:
    """RequestReadTimeout with a bound that no upload puts off."""
    if next(uses(server), None) is None:
        return
    scope = server.block if server.block.reqtimeout.body is not UNSET else server.main
    said = scope.reqtimeout.body
    if said is UNSET:
        return
    longest = _longest(said)
    if 0 < longest < ENOUGH:
        rate = said.rate or 500
        yield warning(
            "upload-cut",
            f"an upload that takes longer than {longest} s is cut, however steadily it comes",
            places.statement(scope, "RequestReadTimeout"),
            notes=("200 MB over a line of 10 Mbit/s take 160 s",),
            help=f"write `body={said.first},MinRate={rate}`: who sends steadily may go on",
        )


def _longest(said: ReadLimit) -> int:
    """Seconds after which a body is cut although it arrives; 0 for never."""
    return said.first if said.rate == 0 else said.most


def check_fields(server: Server, places: Places) -> Iterator[Diagnostic]:
    """LimitRequestFieldSize below the usual: cookies and tickets of single sign-on are longer."""
    for scope in (server.main, server.block):
        size = scope.core.limit_request_field_size
        if size is UNSET or size >= USUAL_FIELD or next(uses(server), None) is None:
            continue
        yield warning(
            "field-limit-small",
            f"a client whose cookies are longer than {size} bytes is answered with 400",
            places.statement(scope, "LimitRequestFieldSize"),
            notes=("cookies grow with every application of the same name, and tickets of single sign-on are long",),
            help=f"write `LimitRequestFieldSize {USUAL_FIELD}`, or leave it out",
        )


def check_spooling(server: Server, places: Places) -> Iterator[Diagnostic]:
    """proxy-sendcl: bodies that come in chunks are read whole before a member is asked."""
    for scope in (server.main, server.block, *server.locations):
        for line in scope.environment.variables or ():
            if line.name.lower() == "proxy-sendcl" and line.value is not None:
                yield warning(
                    "request-spooled",
                    "an upload in chunks is read whole before the member gets its first byte",
                    places.whole(line.origin),
                    notes=("httpd writes it to the disk meanwhile; evenflow keeps it and refuses a large one",),
                    help="remove `proxy-sendcl`, or set it with SetEnvIf for the clients that need it",
                )
