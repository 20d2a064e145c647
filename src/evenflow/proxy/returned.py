"""A member's answer that is changed on its way back: its fields in a list, its body compressed.

The answer that goes back as it came is the exchange's own business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenflow.plan import edits, filters
from evenflow.plan.naming import FILTER, filters_named, with_charset
from evenflow.plan.reverse import reverse_cookies, reverse_fields
from evenflow.proxy import decoding, edited_fields, encoding, request, response
from evenflow.proxy.answered import Answered
from evenflow.wire.headers import Headers

if TYPE_CHECKING:
    from evenflow.proxy.exchange import Exchange


def choose_coding(exchange: Exchange) -> None:
    """Compress the body if its place, its type and the client want that."""
    scope = exchange.decision.scope
    answer = exchange.answer
    if scope.inflates_answers:
        if answer.get(b"content-range") is None and decoding.without_gzip(answer.get(b"content-encoding")) is not None:
            exchange.body.encoder = decoding.Inflater(0, scope.inflate_ratio, scope.inflate_burst)
            exchange.body.could_encode = True
        return
    content_type = answer.get(b"content-type") or b""
    codings = filters.codings_for(scope.output_codings, scope.typed_codings, answer.status, content_type)
    if scope.filter_names:
        # mod_mime's come first.
        own = filters.codings_named(filters_named(scope, exchange.decision.filename, FILTER))
        codings = (*own, *[coding for coding in codings if coding not in own])
    if scope.filter_chain:
        fields = Headers(answer.pairs())
        more = chain_codings(exchange, answer.status, fields, b"")
        codings = (*codings, *[coding for coding in more if coding not in codings])
    if not codings:
        return
    env = exchange.variables()
    ranged = answer.get(b"content-range") is not None
    coded = answer.get(b"content-encoding") or b""
    if not filters.may_compress(env, answer.status, content_type, coded, ranged):
        # Nothing acts, so nothing depends on what the client takes.
        exchange.body.vary = tuple([name for name in exchange.body.vary if name != filters.ACCEPT_ENCODING])
        return
    exchange.body.could_encode = True
    coding = filters.choose(codings, exchange.head.get(b"accept-encoding"), b"force-gzip" in env)
    if coding:
        exchange.body.encoder = encoding.Encoder(coding, filters.compression_of(scope))


def chain_codings(exchange: Exchange, status: int, fields: Headers, own_type: bytes) -> tuple[bytes, ...]:
    """The codings that the place's filter chain names for an answer with these fields; `own_type` is that of an answer
    of ours, b"" for a member's."""
    exchange.seen_answer = Answered(status, fields, Headers(), own_type)
    codings, exchange.body.vary = filters.chained(exchange.decision.scope, exchange.inquiry(), status)
    return codings


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
    if body.vary:
        edits.add_vary(fields, body.vary)
        edits.compact_vary(fields)
    if isinstance(body.encoder, decoding.Inflater):
        decoding.mark_fields(fields, filters.compression_of(scope))
    elif body.encoder is not None:
        encoding.mark_fields(fields, body.encoder.coding, filters.compression_of(scope))
    elif body.could_encode:
        encoding.vary(fields)
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
