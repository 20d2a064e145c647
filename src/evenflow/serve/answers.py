"""Answers of our own, as bytes: error pages, redirects, files, and what local handlers say.

It is asked when an exchange's step is OWN. It reads files; it sends nothing.
"""

from __future__ import annotations

import time
from typing import Final

from evenflow.plan.decision import written
from evenflow.plan.documents import PATH, URL, Document, document_for
from evenflow.plan.ground_rules import TRACE_HANDLER
from evenflow.plan.model import ANSWER, FILE, LOCAL, REDIRECT, Decision
from evenflow.plan.names import own_name, own_port
from evenflow.proxy import edited_fields, error_document
from evenflow.proxy.exchange import PROXY_ERROR, Exchange
from evenflow.proxy.response import CLOSING
from evenflow.serve import files, pages
from evenflow.serve.clock import monotonic
from evenflow.serve.echo import allowed, trace_body
from evenflow.serve.file_body import FileBody
from evenflow.serve.handed_on import MANAGER, comes_back, hand_on
from evenflow.serve.packing import PackedFile, changes_file, pack_body, pack_file
from evenflow.serve.pages import Field
from evenflow.serve.server import Server
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.headers import Headers

EXPLAINER: Final = ""
"""Under what the server's handlers hold the one that explains requests: a name that no SetHandler can say."""


class OwnAnswer:
    """`data` is the head and a body of `body_bytes` bytes; more comes from `file` if it is not None, `file_bytes` bytes
    where that is known."""

    __slots__ = ("data", "body_bytes", "file", "file_bytes")

    def __init__(self, data: bytes, file: FileBody | PackedFile | None = None) -> None:
        self.data = data
        self.body_bytes = len(data) - data.find(b"\r\n\r\n") - 4
        self.file = file
        self.file_bytes = file.left if isinstance(file, FileBody) else 0


def own_answer(server: Server, exchange: Exchange) -> OwnAnswer | None:
    """What to send for `exchange`; sets its `status`, and `keep_client` where the status ends the connection. None
    where an ErrorDocument is looked for first: the exchange goes on."""
    answer = answer_of(server, exchange)
    if answer is None:
        return None
    if exchange.speaks_old:
        answer.data = b"HTTP/1.0" + answer.data[8:]
    return answer


def answer_of(server: Server, exchange: Exchange) -> OwnAnswer | None:
    """The answer, in today's version of HTTP."""
    decision = exchange.decision
    if exchange.status:
        if not comes_back(exchange):
            return error_answer(server, exchange, exchange.status)
        decision = exchange.decision
    assert decision is not None
    if exchange.told_instead:
        return explanation(server, exchange)
    if exchange.ends_here or decision.handler == TRACE_HANDLER:
        return echo_answer(server, exchange)
    if decision.kind == REDIRECT:
        return redirect(server, exchange, decision)
    if decision.kind == FILE:
        return file_answer(server, exchange, decision)
    if decision.kind == LOCAL:
        return local_answer(server, exchange, decision)
    assert decision.kind == ANSWER
    exchange.why = decision.reason
    if decision.fields:
        exchange.kept_fields.extend(decision.fields)
    if decision.proxy_error:
        exchange.reason = PROXY_ERROR
    if decision.status < 300 and exchange.head.path == b"*":
        return whole(server, exchange, decision.status, [], b"", b"")
    return error_answer(server, exchange, decision.status)


def echo_answer(server: Server, exchange: Exchange) -> OwnAnswer | None:
    """TRACE or OPTIONS that goes no further."""
    if exchange.head.method == b"OPTIONS":
        return whole(server, exchange, 200, [(b"Allow", allowed(exchange))], b"", b"")
    body = trace_body(exchange)
    if body is None:
        exchange.why = "TRACE with a request body (TraceEnable)"
        return error_answer(server, exchange, 413)
    varied = exchange.decision.vary
    fields = [(b"Vary", b", ".join(varied))] if varied else []
    # httpd asks no `Header`.
    return whole(server, exchange, 200, fields, body, b"message/http", Headers())


def settle(exchange: Exchange, status: int) -> bool:
    """Note the status; whether the answer must say that the connection ends."""
    exchange.status = status
    # After 421 another connection is to be made, so this one ends as well (httpd).
    if status in CLOSING or status == 421 or (status == 403 and named_nobody(exchange)):
        exchange.keep_client = False
    return not exchange.keep_client


def named_nobody(exchange: Exchange) -> bool:
    """Whether SSLStrictSNIVHostCheck refused it: httpd ends such a connection."""
    decision, facts = exchange.decision, exchange.facts
    return decision is not None and decision.host.strict_sni and facts.tls and not facts.sni


def error_answer(server: Server, exchange: Exchange, status: int) -> OwnAnswer | None:
    """The page of a status, or what ErrorDocument says. What went wrong at a member stands in the page, as in httpd's;
    other causes are for the log."""
    detail = b""
    if exchange.reason == PROXY_ERROR:
        detail = b"Reason: " + exchange.why.encode("latin-1", "replace")
    if exchange.document_status:
        detail = b"Besides, looking for the page of this error ended with %d %s." % (status, pages.reason_of(status))
        status = exchange.document_status
    else:
        host = exchange.decision.host if exchange.decision is not None else None
        # So often may one document lead to another.
        again = host is not None and exchange.documents < host.most_restarts
        found = document_of(exchange, status) if again else None
        if found is not None:
            return show_document(server, exchange, status, found)
    close = settle(exchange, status)
    if exchange.decision is None:
        # Its head may be half read, or the last request's: what the line says.
        head_only = exchange.refused_head.startswith(b"HEAD ")
    else:
        head_only = exchange.head.method == b"HEAD"
    return OwnAnswer(
        pages.error_response(
            status,
            edited_fields.always_fields(exchange),
            close,
            server.routes.date,
            head_only,
            exchange.kept_fields,
            exchange.reason,
            detail,
            signature(exchange),
            keep_line(exchange),
        )
    )


def document_of(exchange: Exchange, status: int) -> Document | None:
    """The ErrorDocument of a status at this place. A request that could not be read has no place."""
    if exchange.decision is None:
        return None
    return document_for(exchange.decision.scope.documents, status)


def show_document(server: Server, exchange: Exchange, status: int, document: Document) -> OwnAnswer | None:
    """A text, a redirect, or None: the request begins anew with the document's path."""
    if document.kind == PATH:
        assert isinstance(document.text, bytes)
        error_document.begin(exchange, document.text, status, pages.reason_of(status), monotonic())
        return None
    if document.kind == URL:
        assert isinstance(document.text, bytes)
        exchange.status = 302
        return moved(server, exchange, 302, document.text)
    close = settle(exchange, status)
    assert exchange.facts is not None
    inquiry = edited_fields.error_inquiry(exchange, status)
    return OwnAnswer(
        pages.response(
            status,
            edited_fields.always_fields(exchange),
            close,
            server.routes.date,
            exchange.head.method == b"HEAD",
            exchange.kept_fields,
            exchange.reason,
            written(document.text, inquiry),
            pages.HTML,
            keep_line=keep_line(exchange),
        )
    )


def keep_line(exchange: Exchange) -> bytes:
    """`Keep-Alive` and `Connection` for a client that asked for them."""
    if not exchange.keep_client or not exchange.head.keeps or exchange.decision is None:
        return b""
    return exchange.keep_line()


def signature(exchange: Exchange) -> bytes:
    """The line under a page, by ServerSignature."""
    if exchange.decision is None:
        return b""
    scope, host = exchange.decision.scope, exchange.decision.host
    if scope.signature == b"off":
        return b""
    head, facts = exchange.first_head, exchange.facts
    assert facts is not None
    name, port = own_name(host, scope, head, facts), own_port(host, scope, head, facts)
    return pages.signature_of(scope.signature, name, port, host.server_admin)


def redirect(server: Server, exchange: Exchange, decision: Decision) -> OwnAnswer:
    """A Location, and a page for who does not follow."""
    return moved(server, exchange, decision.status, decision.location)


def moved(server: Server, exchange: Exchange, status: int, location: bytes) -> OwnAnswer:
    """The redirect itself."""
    close = settle(exchange, status)
    extra: list[Field] = []
    if exchange.decision is not None and exchange.decision.scope.expires_on:
        # httpd leads the page of a redirect past it.
        extra = expiring(exchange, status, extra, pages.HTML, False)
    return OwnAnswer(
        pages.redirect_response(
            status,
            location,
            edited_fields.always_fields(exchange),
            close,
            server.routes.date,
            exchange.head.method == b"HEAD",
            extra,
            signature(exchange),
            keep_line(exchange),
        )
    )


def whole(
    server: Server,
    exchange: Exchange,
    status: int,
    fields: list[Field],
    body: bytes,
    content_type: bytes,
    always: Headers | None = None,
) -> OwnAnswer:
    """An answer with a body of ours. `always` stands for what `Header always` says."""
    close = settle(exchange, status)
    return OwnAnswer(
        pages.response(
            status,
            edited_fields.always_fields(exchange) if always is None else always,
            close,
            server.routes.date,
            exchange.head.method == b"HEAD",
            fields,
            b"",
            body,
            content_type,
            keep_line=keep_line(exchange),
        )
    )


def file_answer(server: Server, exchange: Exchange, decision: Decision) -> OwnAnswer | None:
    """A file. Plain `Header` acts on its fields, which are the handler's; not on an error page."""
    assert exchange.facts is not None
    found = files.find_file(decision, exchange.head, time.time())
    if found.status >= 400:
        document = None if exchange.document_status else document_of(exchange, found.status)
        if exchange.document_status or document is not None:
            # The fields that go with the status (Allow) stay; what was opened is not needed.
            exchange.kept_fields.extend(found.fields)
            found.close()
            return error_answer(server, exchange, found.status)
    elif exchange.document_status and found.status == 200:
        found.status = exchange.document_status
        found.fields = [*exchange.kept_fields, *found.fields]
    if found.status == 206 and changes_file(exchange, found):
        # A part of what nobody has made yet: the whole may be answered (RFC 9110 section 14.2), and httpd does.
        found.close()
        found = files.find_file(decision, exchange.head, time.time(), True)
    if found.status < 300 or exchange.document_status:
        try:
            pack_file(exchange, found)
        except ProtocolFault as fault:
            found.close()
            exchange.why = fault.message
            return error_answer(server, exchange, 500)
    if decision.scope.expires_on:
        kind = found.content_type
        if found.status == 304:
            # It has none, but its fields are those of the file.
            kind = files.type_of(decision, files.described(decision))
        found.fields = expiring(exchange, found.status, found.fields, kind, True)
    close = settle(exchange, found.status)
    if found.status < 400 or exchange.document_status:
        found.fields = edited_fields.fields_of_ours(exchange, found.fields, found.content_type, decision.vary)
    if found.packed is not None and found.packed.chunked:
        found.fields = [*found.fields, (b"Transfer-Encoding", b"chunked")]
    date = server.routes.date
    data = found.write(edited_fields.always_fields(exchange), close, date, signature(exchange), keep_line(exchange))
    if found.packed is not None:
        found.file = None
        return OwnAnswer(data, found.packed)
    return OwnAnswer(data, FileBody(found.file, found.size) if found.file is not None else None)


def expiring(exchange: Exchange, status: int, fields: list[Field], content_type: bytes, of_file: bool) -> list[Field]:
    """The fields with those of mod_expires. A file's last change is read from Last-Modified."""
    made = Headers(list(fields))
    changed = made.get(b"last-modified") if of_file else None
    edited_fields.expire(exchange, made, status, content_type, -1 if changed is None else files.parse_date(changed))
    return made.items


def explain(server: Server, exchange: Exchange) -> None:
    """The client may know why its request goes where it goes."""
    explainer = server.handlers.get(EXPLAINER)
    told, instead = b"", False
    if explainer is not None:
        only = exchange.head.get(b"evenflow-explain")
        instead = only is not None and only.lower() == b"only"
        told = explainer(exchange.facts, exchange.head.came or exchange.head.data, exchange.routes.decider, instead)
    exchange.explained(told, instead, monotonic())


def explanation(server: Server, exchange: Exchange) -> OwnAnswer:
    """The explanation in the place of the answer. `Header` does not act on it: what it allows others is for the
    application's answers."""
    return OwnAnswer(
        pages.response(
            200,
            Headers(),
            settle(exchange, 200),
            server.routes.date,
            exchange.head.method == b"HEAD",
            [(b"Cache-Control", b"no-store")],
            b"",
            exchange.told,
            b"application/json",
            keep_line=keep_line(exchange),
        )
    )


def local_answer(server: Server, exchange: Exchange, decision: Decision) -> OwnAnswer | None:
    """What the handler that SetHandler names says."""
    handler = server.handlers.get(decision.handler)
    if handler is None:
        exchange.why = f"no handler is called {decision.handler}"
        return error_answer(server, exchange, 500)
    if decision.handler == MANAGER and hand_on(server, exchange, server_name(exchange)):
        return None
    head = exchange.head
    status, fields, body = handler(
        head.method,
        head.path,
        head.query or b"",
        head.get(b"referer") or b"",
        server_name(exchange),
        bytes(exchange.collected),
        decision.host,
    )
    content_type = b""
    others: list[Field] = []
    for name, value in fields:
        if name.lower() == b"content-type":
            content_type = value
        elif name.lower() != b"content-length":
            others.append((name, value))
    if exchange.document_status and status == 200:
        status = exchange.document_status
    exchange.status = status
    if decision.scope.expires_on:
        others = expiring(exchange, status, others, content_type, False)
    try:
        others, body = pack_body(exchange, status, others, content_type, body)
    except ProtocolFault as fault:
        exchange.why = fault.message
        return error_answer(server, exchange, 500)
    edited = edited_fields.fields_of_ours(exchange, others, content_type, decision.vary)
    return whole(server, exchange, status, edited, body, content_type)


def server_name(exchange: Exchange) -> bytes:
    """The name under which the client knows us, without port: what a same-site Referer must name."""
    host = exchange.head.host
    if host.startswith(b"["):
        return host[: host.find(b"]") + 1]
    return host.partition(b":")[0].lower()
