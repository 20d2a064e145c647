"""A member's answer that is changed on its way back: its fields in a list, its body led through filters.

The answer that goes back as it came is the exchange's own business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evenflow.plan import edits, filters
from evenflow.plan.model import FORWARD
from evenflow.plan.naming import FILTER, filters_named, with_charset
from evenflow.plan.reverse import reverse_cookies, reverse_fields
from evenflow.proxy import edited_fields, filtering, request, response
from evenflow.proxy.answered import Answered
from evenflow.wire.headers import Headers

if TYPE_CHECKING:
    from evenflow.proxy.exchange import Exchange


def choose_way(exchange: Exchange) -> None:
    """Lead the body through the filters of its place and type."""
    scope = exchange.decision.scope
    answer = exchange.answer
    body = exchange.body
    content_type = answer.get(b"content-type") or b""
    named = scope.output_filters
    if scope.filter_names:
        # mod_mime's come first.
        own = filters.filters_of_name(filters_named(scope, exchange.decision.filename, FILTER))
        named = (*own, *[name for name in named if name not in own])
    if scope.typed_filters or scope.filter_chain:
        fields = Headers(answer.pairs()) if scope.filter_chain else None
        chosen = chosen_for(exchange, answer.status, answer, fields, content_type, b"")
        body.vary = chosen.varied
        body.words = chosen.words
        named = (*named, *[name for name in chosen.filters if name not in named])
    if not named:
        return
    if exchange.head.method == b"HEAD":
        # Nobody knows how long it would be (httpd says nothing of other filters here).
        body.coded = body.coded or filters.SUBSTITUTE in named
        body.vary = ()
        body.words = ()
        return
    ranged = answer.get(b"content-range") is not None
    way = filtering.way_of(exchange, named, answer.status, content_type, answer.get(b"content-encoding"), ranged)
    if way.barred:
        # What would compress does not, so nothing depends on what the client takes.
        body.vary = tuple([name for name in body.vary if name != filters.ACCEPT_ENCODING])
    body.encoder = way.step
    body.could_encode = way.could_encode


def chosen_for(
    exchange: Exchange, status: int, answer: Any, fields: Headers | None, content_type: bytes, own_type: bytes
) -> filters.Choice:
    """What mod_filter chooses for an answer. `fields` are its fields where the place has a chain, `own_type` is that of
    an answer of ours, b"" for a member's; `answer` has `get`."""
    scope = exchange.decision.scope
    choice = filters.Choice()
    if not filters.is_looked_at(status, {} if status == 200 else exchange.variables()):
        return choice
    proxied = exchange.decision.kind == FORWARD
    fixed = proxied and filters.is_fixed(answer.get(b"cache-control"))
    filters.choose_by_type(choice, scope, content_type, proxied, fixed)
    if fields is not None:
        exchange.seen_answer = Answered(status, fields, Headers(), own_type)
        filters.choose_by_chain(choice, scope, exchange.inquiry(), proxied, fixed)
    return choice


def write(exchange: Exchange, edited: bool, saying: int, keep_line: bytes, added: bytes) -> None:
    """Write the answer's head into `to_client`; with `edited` Header's tables run, `added` are lines that it adds."""
    scope = exchange.decision.scope
    answer = exchange.answer
    body = exchange.body
    fields = response.returned_fields(answer, body.coded)
    for name in (b"Date", b"Server"):
        value = answer.get(name.lower())
        if value is not None:
            fields.set(name, value)
    if scope.via == b"on" or scope.via == b"full":
        # A line of its own, whoever wrote one before.
        fields.items.append((b"Via", request.via_of(scope, exchange.decision.host, exchange.head, exchange.facts)))
    if scope.reverses:
        reverse_fields(scope.reverses, fields, exchange)
    if scope.cookie_paths or scope.cookie_domains:
        reverse_cookies(fields, exchange)
    if body.words:
        filtering.mark_protocol(fields, body.words, exchange.head, True)
    if body.vary:
        edits.add_vary(fields, body.vary)
        edits.compact_vary(fields)
    filtering.mark(fields, body.encoder, body.could_encode, filters.compression_of(scope))
    if scope.expires_on:
        edited_fields.expire(exchange, fields, answer.status, fields.get(b"content-type") or b"", -1)
    always = edited_fields.first_of_always(exchange)
    if edited:
        exchange.seen_answer = Answered(answer.status, fields, always, b"")
        if exchange.view is not None:
            # What RequestHeader's conditions looked at goes with the fields that the member's took the place of.
            exchange.view.vary = ()
        if scope.always_edits:
            edits.edit_response(scope.always_edits, always, exchange, fields, exchange.seen_answer.kind)
        edits.edit_response(scope.onsuccess_edits, fields, exchange, fields, exchange.seen_answer.kind)
        if exchange.seen_answer.kind.edited:
            settled = exchange.seen_answer.kind.settle(fields, always)
            if settled:
                fields.add(b"Content-Type", settled)
        if exchange.view is not None:
            edits.compact_vary(fields)
    if scope.default_charset:
        kind = fields.get(b"content-type")
        if kind is not None:
            fields.set(b"Content-Type", with_charset(kind, scope.default_charset))
    response.write_edited(
        exchange.to_client,
        answer,
        exchange.routes.date,
        always,
        fields,
        body.chunked or body.says_chunked,
        saying,
        keep_line,
        added,
    )
