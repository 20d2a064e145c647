"""The request head as a member gets it: written anew from what was parsed, never copied as a whole.

The ordinary head is copied field by field from its offsets. Where fields are repeated, edited, or named by Connection,
the same is done the long way, on a list. Both ways write the same bytes; a test holds that. Field order is httpd's:
Host, the client's fields, X-Forwarded-*, the body's length, Connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from evenflow.plan.model import ConnectionFacts, Decision, Member, Scope, VirtualHost
from evenflow.plan.names import default_port, own_port, own_scheme
from evenflow.proxy import switches
from evenflow.wire.framing import CHUNKED
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import (
    CONTENT_LENGTH,
    EXPECT,
    MAX_FORWARDS,
    STRIDE,
    X_FORWARDED_FOR,
    X_FORWARDED_HOST,
    X_FORWARDED_SERVER,
    RequestHead,
)
from evenflow.wire.outlet import Outlet

NOT_FORWARDED: Final = frozenset(
    (b"host", b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade", b"transfer-encoding",
     b"content-length")
)  # fmt: skip
"""Fields that end here: hop-by-hop (RFC 9110 section 7.6.1), framing, and the Host, which is written first."""

IDEMPOTENT: Final = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"))
"""RFC 9110 section 9.2.2"""


def put_start(out: Outlet, head: RequestHead, decision: Decision, member: Member, old: bool = False) -> None:
    """`METHOD path?query HTTP/1.1`, the path as it was decided and nothing else; HTTP/1.0 if `old`."""
    out.put(head.method)
    out.put(b" ")
    if member.path:
        out.put(member.path)
    if decision.path:
        out.put(decision.path)
    elif not member.path:
        out.put(b"/")
    query = head.query if decision.keep_query else decision.query
    if query is not None:
        out.put(b"?")
        out.put(query)
    out.put(b" HTTP/1.0\r\nHost: " if old else b" HTTP/1.1\r\nHost: ")


def put_end(
    out: Outlet, member: Member, length: int, upgrade: bytes | None, closes: bool = False, old: bool = False
) -> None:
    """How long the body is (-2: there is none and nothing was said), and what becomes of the connection."""
    if length == CHUNKED:
        out.put(b"Transfer-Encoding: chunked\r\n")
    elif length >= 0:
        out.put(b"Content-Length: ")
        out.put_decimal(length)
        out.put(b"\r\n")
    if upgrade is not None:
        out.put(b"Connection: Upgrade\r\nUpgrade: ")
        out.put(upgrade)
        out.put(b"\r\n\r\n")
    elif old:
        # HTTP/1.0 knows no other connection than one that ends.
        out.put(b"\r\n")
    elif member.generic or member.disable_reuse or closes:
        out.put(b"Connection: close\r\n\r\n")
    else:
        out.put(b"Connection: Keep-Alive\r\n\r\n")


def is_ordinary(head: RequestHead, scope: Scope, plainly: bool = False) -> bool:
    """Whether the short way may be taken. `plainly`: what RequestHeader does is known as lines to add."""
    return not (
        head.repeated
        or head.names_others
        or head.uneven
        or (scope.request_edits and not plainly)
        or scope.via != b"off"
        or head.find(MAX_FORWARDS) >= 0
        or scope.max_forwards >= 0
        or (not scope.forwards_expect and head.find(EXPECT) >= 0)
    )


def write_ordinary(
    out: Outlet,
    head: RequestHead,
    decision: Decision,
    member: Member,
    facts: ConnectionFacts,
    length: int,
    upgrade: bytes | None,
    added: bytes = b"",
) -> None:
    """The short way, for a head that `is_ordinary`; `added` are lines that follow the client's."""
    put_start(out, head, decision, member)
    scope = decision.scope
    host = decision.host
    data = head.data
    cells = head.cells
    if scope.preserve_host:
        # HTTP/1.0 may come without a Host.
        out.put(head.host or host.server_name)
    else:
        out.put(member.host_field)
    out.put(b"\r\n")
    add = scope.add_headers
    seen_for = seen_host = seen_server = False
    # Fields that stand side by side and go along are copied at once: from the first name to the last line's end.
    run = -1
    for index in range(head.count):
        base = index * STRIDE
        number = cells[base + 4]
        if number == 0 or (number > CONTENT_LENGTH and not (add and X_FORWARDED_FOR <= number <= X_FORWARDED_SERVER)):
            if run < 0:
                run = cells[base]
            continue
        if run >= 0:
            out.put_range(data, run, cells[base])
            run = -1
        if number <= CONTENT_LENGTH:
            continue
        out.put_range(data, cells[base], cells[base + 3])
        out.put(b", ")
        if number == X_FORWARDED_FOR:
            seen_for = True
            out.put(decision.client(facts))
        elif number == X_FORWARDED_HOST:
            seen_host = True
            out.put(head.host)
        else:
            seen_server = True
            out.put(host.server_name)
        out.put(b"\r\n")
    if run >= 0:
        out.put_range(data, run, len(data) - 2)
    if added:
        out.put(added)
    if add:
        if not seen_for:
            out.put(b"X-Forwarded-For: ")
            out.put(decision.client(facts))
            out.put(b"\r\n")
        if not seen_host and head.host:
            out.put(b"X-Forwarded-Host: ")
            out.put(head.host)
            out.put(b"\r\n")
        if not seen_server:
            out.put(b"X-Forwarded-Server: ")
            out.put(host.server_name)
            out.put(b"\r\n")
    put_end(out, member, length, upgrade)


def merged(pairs: Iterable[tuple[bytes, bytes]], apart: bool = False) -> list[tuple[bytes, bytes]]:
    """Fields of one name joined with `, ` in the place of the first, as httpd reads a request; but not those that stand
    `apart` on purpose."""
    if apart:
        return list(pairs)
    found: dict[bytes, tuple[bytes, bytes]] = {}
    for name, value in pairs:
        key = name.lower()
        if key in found:
            first, before = found[key]
            found[key] = (first, before + b", " + value)
        else:
            found[key] = (name, value)
    return list(found.values())


def write_edited(
    out: Outlet, head: RequestHead, fields: Headers, decision: Decision, member: Member, facts: ConnectionFacts,
    length: int, upgrade: bytes | None, switched: int = 0,
) -> None:  # fmt: skip
    """The long way: `fields` are the client's, merged and edited; they are changed here."""
    scope = decision.scope
    host = decision.host
    old = switched & switches.HTTP_1_0 != 0
    put_start(out, head, decision, member, old)
    client_host = fields.get(b"host")
    if client_host is None:
        client_host = head.host
    out.put((client_host or host.server_name) if scope.preserve_host else member.host_field)
    out.put(b"\r\n")
    if head.names_others:
        # Before our own fields are added: nobody makes X-Forwarded-For disappear by naming it in Connection.
        for named in head.named_by_connection():
            fields.remove(named)
    if scope.max_forwards >= 0 and fields.get(b"max-forwards") is None:
        fields.append(b"Max-Forwards", b"%d" % (scope.max_forwards + 1))
    edit_via(fields, scope, host, head, facts)
    if switched & switches.PINGS:
        fields.append(b"Expect", b"100-Continue")
    if scope.add_headers:
        fields.append(b"X-Forwarded-For", decision.client(facts))
        if client_host:
            fields.append(b"X-Forwarded-Host", client_host)
        fields.append(b"X-Forwarded-Server", host.server_name)
    for name, value in fields:
        key = name.lower()
        if key in NOT_FORWARDED:
            continue
        if key == b"max-forwards" and value.isdigit():
            value = less_one(value)
        elif key == b"expect" and not scope.forwards_expect:
            continue
        out.put(name)
        out.put(b": ")
        out.put(value)
        out.put(b"\r\n")
    put_end(out, member, length, upgrade, switched & switches.NO_KEEPALIVE != 0, old)


def less_one(digits: bytes) -> bytes:
    """Max-Forwards for the next hop; 0 stays, since a member that is not a proxy has no use for it."""
    value = 0
    for c in digits[:9]:
        value = value * 10 + (c - 48)
    return b"%d" % max(0, value - 1)


def edit_via(fields: Headers, scope: Scope, host: VirtualHost, head: RequestHead, facts: ConnectionFacts) -> None:
    """ProxyVia on the way to the member: `on` and `full` add ourselves, `block` removes what others wrote."""
    if scope.via == b"block":
        fields.remove(b"Via")
    elif scope.via != b"off":
        fields.append(b"Via", via_of(scope, host, head, facts))


def via_of(scope: Scope, host: VirtualHost, head: RequestHead, facts: ConnectionFacts) -> bytes:
    """Our own entry in a Via field (RFC 9110 section 7.6.3): the client's protocol, ServerName, and the port of our own
    URLs where it is not the scheme's."""
    port = own_port(host, scope, head, facts)
    name = host.server_name
    if port != default_port(own_scheme(host, facts)):
        name += b":%d" % port
    spoken = b"2.0 " if facts.http2 is not None else b"1.1 " if head.version >= 11 else b"1.0 "
    return spoken + name + (b" (evenflow)" if scope.via == b"full" else b"")
