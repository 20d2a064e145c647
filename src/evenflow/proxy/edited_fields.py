"""RequestHeader and Header over fields that stand in a list: the long way of a request, and answers of our own.

Whoever looks afterwards (an expression, a log) finds what was left: `request_fields`, `seen_answer`, `view`.
"""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Final

from evenflow.plan import edits, expires
from evenflow.plan.model import ANSWER, FILE, LOCAL
from evenflow.plan.unique import UNIQUE_ID, unique_id
from evenflow.proxy import request
from evenflow.proxy.answered import Answered
from evenflow.wire.headers import Headers

if TYPE_CHECKING:
    from evenflow.plan.decision import Inquiry
    from evenflow.proxy.exchange import Exchange

OURS: Final = frozenset((b"content-type",))
"""What an answer of ours has in any case."""
LAST_DATE: Final = 253402300799
"""The end of the year 9999: no HTTP date is later."""
PAGE_TYPE: Final = b"text/html; charset=iso-8859-1"
"""The type of our pages, for those who ask before there is one."""


def edit_request(exchange: Exchange, fields: Headers) -> None:
    """Run RequestHeader over the request's fields. Whoever looks at the request afterwards sees what it left."""
    scope = exchange.decision.scope
    # The balancer's variables are not there yet for RequestHeader: httpd runs it before a member is chosen.
    exchange.env = dict(exchange.decision.env)
    if exchange.routes.plan.unique_ids:
        exchange.env.setdefault(UNIQUE_ID, unique_id(exchange.facts))
    if exchange.facts.http2 is not None:
        exchange.env.update(exchange.facts.http2)
    if exchange.view is not None:
        exchange.view.fields = None
    exchange.request_fields = fields
    edits.edit_request(scope.request_edits, fields, exchange)
    looked_at = scope.always_edits or scope.onsuccess_edits or exchange.remembers
    exchange.request_fields = fields.copy() if looked_at else None
    exchange.env = None


def edit_ours(exchange: Exchange) -> None:
    """RequestHeader for what no member gets: a file, a handler of ours. Expressions and logs see what it does."""
    decision = exchange.decision
    if exchange.request_fields is None and decision.scope.request_edits and decision.kind in (FILE, LOCAL):
        fields = Headers(request.merged(exchange.head.pairs(), exchange.head.apart))
        if exchange.head.host:
            fields.set(b"Host", exchange.head.host)
        edit_request(exchange, fields)


def always_fields(exchange: Exchange) -> Headers:
    """What a rule's CO and `Header always` put on an answer of ours. Where lines were about its type, the last field is
    that, b"" for none."""
    always = always_of_ours(exchange)
    seen = exchange.seen_answer
    if seen is not None and seen.kind.edited:
        kind = seen.kind.settle(seen.fields, always)
        always.items.append((b"Content-Type", kind))
    if exchange.view is not None and exchange.view.vary:
        edits.add_vary(always, exchange.view.vary)
        edits.compact_vary(always)
        exchange.view.vary = ()
    return always


def first_of_always(exchange: Exchange) -> Headers:
    """A table of `always` that holds what Header's early lines and a rule's CO say, and an explanation that was asked
    for."""
    always = Headers()
    decision = exchange.decision
    if decision is not None and decision.early_fields is not None:
        always = decision.early_fields.always.copy()
        if decision.kind == ANSWER and decision.status == 200:
            # OPTIONS * and TRACE: nobody drops the other table.
            always.items += behind_early(decision.early_fields.onsuccess, [])
    if exchange.told:
        always.append(b"Evenflow-Explanation", exchange.told)
    if decision is not None:
        for cookie in decision.cookies:
            always.add(b"Set-Cookie", cookie)
    return always


def always_of_ours(exchange: Exchange) -> Headers:
    """`Header always` for an answer of ours; what its conditions read waits in the inquiry."""
    if exchange.own_always is None:
        exchange.own_always = first_of_always(exchange)
        decision = exchange.decision
        if decision is not None and decision.scope.always_edits:
            edit_ours(exchange)
            if exchange.view is not None:
                # What was said before an error page goes with the fields that it drops.
                exchange.view.vary = ()
            if exchange.seen_answer is None:
                exchange.seen_answer = Answered(exchange.status, Headers(), exchange.own_always, PAGE_TYPE)
            exchange.variables()
            kind = exchange.seen_answer.kind
            edits.edit_response(decision.scope.always_edits, exchange.own_always, exchange, None, kind)
    return exchange.own_always


def fields_of_ours(
    exchange: Exchange, fields: list[tuple[bytes, bytes]], own_type: bytes, varied: tuple[bytes, ...]
) -> list[tuple[bytes, bytes]]:
    """What plain `Header` makes of the fields of a file or of a local handler's answer of this type; `varied` are
    the request's fields that it depends on already."""
    decision = exchange.decision
    if decision is None:
        return fields
    scope = decision.scope
    if decision.early_fields is not None:
        fields = behind_early(decision.early_fields.onsuccess, fields)
    if not scope.onsuccess_edits and not scope.always_edits and not varied and not scope.request_edits:
        return fields
    edit_ours(exchange)
    if exchange.view is not None:
        varied += exchange.view.vary
    edited = Headers(list(fields))
    exchange.own_always = None
    exchange.seen_answer = Answered(exchange.status, edited, Headers(), own_type)
    exchange.seen_answer.always = always_of_ours(exchange)
    if exchange.view is not None:
        if scope.always_edits:
            varied += exchange.view.vary
        exchange.view.vary = ()
    edits.add_vary(edited, varied)
    exchange.variables()
    edits.edit_response(scope.onsuccess_edits, edited, exchange, edited, exchange.seen_answer.kind)
    edits.compact_vary(edited)
    if exchange.seen_answer.kind.edited:
        exchange.seen_answer.kind.settle(edited, exchange.seen_answer.always)
    return edited.items


def behind_early(early: Headers, fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The fields of an answer of ours, behind those that were there before it and that it does not say itself."""
    said = {name.lower() for name, _ in fields} | OURS
    return [*((name, value) for name, value in early.items if name.lower() not in said), *fields]


def expire(exchange: Exchange, fields: Headers, status: int, content_type: bytes, changed: int) -> None:
    """Say how long an answer may be kept; `changed` is when its file changed, -1 for none."""
    asked = exchange.began_us // 1000000
    says = fields.get(b"expires") is not None
    age = expires.age_of(exchange.decision.scope, status, content_type, says, asked, changed)
    if age >= 0:
        expires.add_age(fields, age, formatdate(min(asked + age, LAST_DATE), usegmt=True).encode())


def error_inquiry(exchange: Exchange, status: int) -> Inquiry:
    """The request as expressions in the text of an ErrorDocument see it."""
    if exchange.seen_answer is None:
        exchange.seen_answer = Answered(status, Headers(), Headers(), PAGE_TYPE)
    return exchange.inquiry()
