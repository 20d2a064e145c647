"""What the rarer specifiers of a log format write: each a function of the record of a finished exchange.

The words are mod_log_config's (https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#formats), mod_logio's and
mod_ssl's. Where an ErrorDocument was shown in the place of what was asked for, httpd has two requests: a specifier
means one of them, `<` the client's own and `>` the last.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Final

from evenflow.plan.model import FILE, FORWARD, LOCAL, REDIRECT
from evenflow.serve.log_format import DASH, Piece, escape, number
from evenflow.serve.log_record import LogRecord
from evenflow.serve.refused_head import RefusedHead


def dash(record: LogRecord) -> bytes:
    """For what nobody knows."""
    return DASH


def client_address(record: LogRecord) -> bytes:
    return record.client()


def peer_address(record: LogRecord) -> bytes:
    return record.facts.remote_address if record.facts is not None else DASH


def local_address(record: LogRecord) -> bytes:
    return record.facts.local_address if record.facts is not None else DASH


def user(record: LogRecord) -> bytes:
    return spell_user(record.decision)


def first_user(record: LogRecord) -> bytes:
    return spell_user(record.first_decision or record.decision)


def spell_user(decision: Any) -> bytes:
    name = decision.user if decision is not None else None
    if name is None:
        return DASH
    return escape(name) if name else b'""'


def method(record: LogRecord) -> bytes:
    """`%m`: the method of the last request: a document in the place of an error is asked for by GET."""
    head = record.last_head or record.head
    return escape(head.method if head is not None else RefusedHead(record.refused).method) or DASH


def first_method(record: LogRecord) -> bytes:
    head = record.head
    return escape(head.method if head is not None else RefusedHead(record.refused).method) or DASH


def first_status(record: LogRecord) -> bytes:
    """`%s`: the status of the client's own request, whatever an ErrorDocument's was."""
    return number(record.first_status or record.status)


def path(record: LogRecord) -> bytes:
    """`%U`: the decoded path that the client asked for, without the query."""
    if record.head is not None and record.first_decision is not None:
        return escape(record.first_decision.uri or decoded(record.head.path))
    return last_path(record)


def last_path(record: LogRecord) -> bytes:
    """`%>U`: the path of the ErrorDocument that was shown instead, if one was."""
    if record.head is None:
        return escape(RefusedHead(record.refused).path) or DASH
    if record.decision is not None and record.decision.uri:
        return escape(record.decision.uri)
    return escape(decoded(record.head.path))


def query(record: LogRecord) -> bytes:
    """`%q`: with its question mark, as rules left it; nothing where there is none."""
    return spell_query(record, record.last_head or record.head, record.decision)


def first_query(record: LogRecord) -> bytes:
    return spell_query(record, record.head, record.first_decision or record.decision)


def spell_query(record: LogRecord, head: Any, decision: Any) -> bytes:
    query = query_of(record, head, decision)
    return b"" if query is None else b"?" + escape(query)


def query_of(record: LogRecord, head: Any, decision: Any) -> bytes | None:
    """The query of a request as the rules left it; None for none."""
    if decision is not None and not decision.keep_query:
        found: bytes | None = decision.query
    elif head is not None:
        found = head.query
    else:
        found = RefusedHead(record.refused).query
    return found


def protocol(record: LogRecord) -> bytes:
    if record.head is None:
        return escape(RefusedHead(record.refused).protocol)
    if record.facts is not None and record.facts.http2 is not None:
        return b"HTTP/2.0"
    return b"HTTP/1.0" if record.head.version == 10 else b"HTTP/1.1"


def keepalive(record: LogRecord) -> bytes:
    """`%k`: requests before this one on its connection; httpd does not count the one that a last request follows."""
    count = record.keepalive_count
    return number(count if record.kept_alive or count == 0 else count - 1)


def connection_end(record: LogRecord) -> bytes:
    """`%X`: aborted, kept alive or closed."""
    return b"X" if record.aborted else b"+" if record.kept_alive else DASH


def body_bytes(record: LogRecord) -> bytes:
    return number(record.body_bytes_sent)


def bytes_received(record: LogRecord) -> bytes:
    return number(record.bytes_received)


def bytes_both(record: LogRecord) -> bytes:
    return number(record.bytes_received + record.bytes_sent)


def process(record: LogRecord) -> bytes:
    return number(os.getpid())


def thread(record: LogRecord) -> bytes:
    return number(threading.get_native_id())


def hex_thread(record: LogRecord) -> bytes:
    return b"%x" % threading.get_native_id()


def host_of(record: LogRecord) -> object:
    if record.host is not None:
        return record.host
    return record.decision.host if record.decision is not None else None


def server_name(record: LogRecord) -> bytes:
    """`%v`: ServerName, whatever was asked for."""
    host = host_of(record)
    return escape(host.server_name) or DASH if host is not None else DASH  # type: ignore[attr-defined]


def asked_name(record: LogRecord) -> bytes:
    """`%V`: by UseCanonicalName; Off, the name that the request gave."""
    if record.decision is not None and record.decision.scope.name_by_dns and record.facts.own_host:
        return escape(record.facts.own_host)
    if record.head is None or not record.head.host or (
        record.decision is not None and (record.decision.scope.canonical_name or record.decision.scope.name_by_dns)
    ):
        return server_name(record)
    name = record.head.host
    colon = name.rfind(b":")
    if colon > name.rfind(b"]"):
        name = name[:colon]
    return escape(name.lower().strip(b"[]"))


def canonical_port(record: LogRecord) -> bytes:
    """`%p`: the port in ServerName, else the scheme's own; never the listener's."""
    host = host_of(record)
    if host is not None and host.server_port:  # type: ignore[attr-defined]
        return number(host.server_port)  # type: ignore[attr-defined]
    return b"443" if record.facts is not None and record.facts.tls else b"80"


def local_port(record: LogRecord) -> bytes:
    return number(record.facts.local_port) if record.facts is not None else DASH


def remote_port(record: LogRecord) -> bytes:
    if record.facts is None:
        return DASH
    if record.decision is not None and record.decision.address:
        # RemoteIPHeader names no port.
        return b"0"
    return number(record.facts.proxied_port if record.facts.proxied_address else record.facts.remote_port)


def file_name(record: LogRecord) -> bytes:
    """`%f`: the file, or what httpd puts in its place for a proxied request."""
    return spell_file(record, record.decision, record.last_head or record.head)


def first_file_name(record: LogRecord) -> bytes:
    return spell_file(record, record.first_decision or record.decision, record.head)


def spell_file(record: LogRecord, decision: Any, head: Any) -> bytes:
    if decision is None:
        return DASH
    name: bytes = decision.filename
    if decision.kind == FILE:
        name = decision.file
    elif decision.kind == FORWARD:
        name = forwarded_name(record, decision, head)
    elif decision.kind == REDIRECT and b"://" in name:
        name = decision.location
    elif decision.uri == b"*":
        name = decision.host.document_root.rstrip(b"/") + b"/*"
    elif name == decision.uri and not (decision.host.rules and decision.scope.rewrite_on):
        # No file was looked for yet, and no rule looked at its name.
        return DASH
    return escape(name) or DASH


def forwarded_name(record: LogRecord, decision: Any, head: Any) -> bytes:
    """`proxy:` and the URL that the member was asked for."""
    member = decision.member
    if member is not None:
        base = member.scheme + b"://" + member.host_field + member.path
    else:
        base = record.env.get(b"BALANCER_WORKER_NAME")
    if base is None:
        name: bytes = decision.filename
    else:
        name = b"proxy:" + base + decision.path
    query = query_of(record, head, decision)
    return name if query is None else name + b"?" + query


def handler(record: LogRecord) -> bytes:
    """`%>R`: who made the answer."""
    return spell_handler(record.decision)


def first_handler(record: LogRecord) -> bytes:
    """`%R`: who would have, had no ErrorDocument taken its place."""
    return spell_handler(record.first_decision or record.decision)


def spell_handler(decision: Any) -> bytes:
    if decision is None:
        return DASH
    if decision.kind == FORWARD or decision.filename.startswith(b"proxy:"):
        # Also where a request that was mapped is refused.
        return b"proxy-server"
    # A rule's H may take it from the request.
    return escape(decision.handler.encode("latin-1", "replace")) if decision.kind == LOCAL else DASH


def logged_id(record: LogRecord) -> bytes:
    """`%L`: what the error log calls this request, if it has a line about it."""
    return record.log_id or DASH


def tls_variable(name: str) -> Piece:
    """`%{SSL_PROTOCOL}x` and its like, from the connection itself."""

    def piece(record: LogRecord) -> bytes:
        if record.tls is None:
            return DASH
        if name == "SSL_PROTOCOL":
            return (record.tls.version() or "-").encode()
        if name == "SSL_TLS_SNI":
            return escape(record.facts.sni) or DASH
        cipher = record.tls.cipher()
        if cipher is None:
            return DASH
        if name == "SSL_CIPHER":
            return str(cipher[0]).encode()
        return number(cipher[2])

    return piece


def tls_fact(name: str) -> Piece:
    """What else is known of the handshake: `%{SSL_CLIENT_S_DN}x`."""
    key = name.upper().encode("ascii")

    def piece(record: LogRecord) -> bytes:
        facts = record.facts.tls_facts
        return DASH if facts is None else escape(facts.get(key)) or DASH

    return piece


TLS_VARIABLES: Final = ("SSL_PROTOCOL", "SSL_CIPHER", "SSL_CIPHER_USEKEYSIZE", "SSL_CIPHER_ALGKEYSIZE", "SSL_TLS_SNI")


def decoded(value: bytes) -> bytes:
    """A path with its escapes undone; one that is none is kept."""
    if b"%" not in value:
        return value
    pieces = value.split(b"%")
    made = pieces[0]
    for at in range(1, len(pieces)):
        piece = pieces[at]
        high = HEX.find(piece[:1].lower()) if piece else -1
        low = HEX.find(piece[1:2].lower()) if len(piece) > 1 else -1
        if high < 0 or low < 0:
            made += b"%" + piece
        else:
            made += bytes([high * 16 + low]) + piece[2:]
    return made


HEX: Final = b"0123456789abcdef"
