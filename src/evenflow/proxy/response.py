"""The answer's head as the client gets it: written anew from what the member sent.

As with requests there is a short way, from offsets, and a long way, on a list, for edited fields and reversed
locations; both write the same bytes. Field order is httpd's: Date, Server, the `always` lines, the member's fields,
what was added, the connection's.
"""

from __future__ import annotations

from typing import Final

import cython

from evenflow.plan.model import Scope
from evenflow.plan.naming import with_charset
from evenflow.proxy.server_token import TOKEN
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import (
    CONTENT_LENGTH,
    DATE,
    DESTINATION,
    HOST,
    LOCATION,
    PROXY_AUTHENTICATE,
    SERVER,
    STRIDE,
    ResponseHead,
)
from evenflow.wire.outlet import Outlet

NOT_RETURNED: Final = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade", b"transfer-encoding",
     b"proxy-authenticate", b"date", b"server")
)  # fmt: skip
"""Fields of a member that end here, and the two that are written first."""

CLOSING: Final = frozenset((400, 408, 411, 413, 414, 500, 501, 503))
"""Statuses after which httpd closes the client's connection, whoever answered."""

# What is said about the client's connection.
SAY_NOTHING = 0
SAY_CLOSE = 1
SAY_KEEP = 2
SAY_CLOSE_OLD = 3
"""Closes, and the status line says HTTP/1.0 (force-response-1.0)."""

if cython.compiled:
    # The `.pxd` makes C variables of these, which Python does not see: put them where an import looks.
    globals().update(SAY_NOTHING=SAY_NOTHING, SAY_CLOSE=SAY_CLOSE, SAY_KEEP=SAY_KEEP, SAY_CLOSE_OLD=SAY_CLOSE_OLD)


def is_ordinary(head: ResponseHead, scope: Scope) -> bool:
    """Whether the short way may be taken, edits apart."""
    if head.names_others or head.uneven or scope.via != b"off" or scope.cookie_paths or scope.cookie_domains:
        return False
    if scope.default_charset:
        kind = head.get(b"content-type")
        if kind is not None and with_charset(kind, scope.default_charset) is not kind:
            return False
    if scope.reverses:
        cells = head.cells
        for index in range(head.count):
            number = cells[index * STRIDE + 4]
            if LOCATION <= number <= DESTINATION:
                return False
    return True


def put_status(out: Outlet, head: ResponseHead, saying: int = SAY_NOTHING) -> None:
    """`HTTP/1.1 status reason`; the reason phrase is the member's, also an empty one."""
    if saying == SAY_CLOSE_OLD:
        out.put(b"HTTP/1.0 %d " % head.status)
        out.put_range(head.data, head.reason_start, head.reason_end)
        out.put(b"\r\n")
        return
    if head.status == 200 and head.reason_end - head.reason_start == 2:
        out.put(b"HTTP/1.1 200 OK\r\n")
        return
    out.put(b"HTTP/1.1 %d " % head.status)
    out.put_range(head.data, head.reason_start, head.reason_end)
    out.put(b"\r\n")


def put_end(out: Outlet, chunked: bool, saying: int, keep_line: bytes) -> None:
    """The connection's fields and the empty line; `keep_line` is the ready-made `Keep-Alive` and `Connection` lines."""
    if saying == SAY_CLOSE or saying == SAY_CLOSE_OLD:
        out.put(b"Connection: close\r\n")
    elif saying == SAY_KEEP:
        out.put(keep_line)
    if chunked:
        out.put(b"Transfer-Encoding: chunked\r\n\r\n")
    else:
        out.put(b"\r\n")


def write_ordinary(
    out: Outlet,
    head: ResponseHead,
    date: bytes,
    coded: bool,
    chunked: bool,
    saying: int,
    keep_line: bytes,
    added: bytes = b"",
) -> None:
    """The short way. `coded`: the member's own framing was chunked, so a Content-Length beside it is dropped."""
    put_status(out, head, saying)
    data = head.data
    cells = head.cells
    index = head.find(DATE)
    out.put(b"Date: ")
    if index >= 0:
        out.put_range(data, cells[index * STRIDE + 2], cells[index * STRIDE + 3])
    else:
        out.put(date)
    index = head.find(SERVER)
    out.put(b"\r\nServer: ")
    if index >= 0:
        out.put_range(data, cells[index * STRIDE + 2], cells[index * STRIDE + 3])
    else:
        out.put(TOKEN.text)
    out.put(b"\r\n")
    run = -1
    for index in range(head.count):
        number = cells[index * STRIDE + 4]
        if (
            number == 0
            or number > SERVER
            or (number == CONTENT_LENGTH and not coded)
            or number == HOST
            or PROXY_AUTHENTICATE < number < DATE
        ):
            if run < 0:
                run = cells[index * STRIDE]
        elif run >= 0:
            out.put_range(data, run, cells[index * STRIDE])
            run = -1
    if run >= 0:
        out.put_range(data, run, len(data) - 2)
    if added:
        out.put(added)
    put_end(out, chunked, saying, keep_line)


def returned_fields(head: ResponseHead, coded: bool) -> Headers:
    """The member's fields that go on to the client, for the long way; Date and Server are not among them."""
    # The length frames the answer whoever names it.
    dropped = head.named_by_connection() - {b"content-length"} if head.names_others else frozenset()
    kept = []
    for name, value in head.pairs():
        key = name.lower()
        if key in NOT_RETURNED or key in dropped or (coded and key == b"content-length"):
            continue
        kept.append((name, value))
    return Headers(kept)


def put_fields(out: Outlet, fields: Headers) -> None:
    """A line for each."""
    for name, value in fields:
        out.put(name)
        out.put(b": ")
        out.put(value)
        out.put(b"\r\n")


def write_edited(
    out: Outlet,
    head: ResponseHead,
    date: bytes,
    always: Headers,
    fields: Headers,
    chunked: bool,
    saying: int,
    keep_line: bytes,
    added: bytes = b"",
) -> None:
    """The long way: `always` and `fields` are edited; they name Date or Server only if an edit put it there."""
    put_status(out, head, saying)
    own_date = fields.get(b"date")
    own_server = fields.get(b"server")
    if own_date is not None:
        fields.remove(b"date")
    if own_server is not None:
        fields.remove(b"server")
    out.put(b"Date: ")
    out.put(own_date if own_date is not None else date)
    out.put(b"\r\nServer: ")
    out.put(own_server if own_server is not None else TOKEN.text)
    out.put(b"\r\n")
    put_fields(out, always)
    put_fields(out, fields)
    if added:
        out.put(added)
    put_end(out, chunked, saying, keep_line)


def write_interim(out: Outlet, head: ResponseHead) -> None:
    """A 1xx answer, passed on as it is but for its hop-by-hop fields."""
    put_status(out, head)
    fields = returned_fields(head, True)
    for name in (b"date", b"server"):
        value = head.get(name)
        if value is not None:
            fields.set(name.title(), value)
    put_fields(out, fields)
    out.put(b"\r\n")


def write_switch(out: Outlet, head: ResponseHead, upgrade: bytes) -> None:
    """The 101 that begins a tunnel; `upgrade` is as the client spelled it. `Header` does not act on it, as in httpd."""
    put_status(out, head)
    put_fields(out, returned_fields(head, True))
    out.put(b"Upgrade: ")
    out.put(upgrade)
    out.put(b"\r\nConnection: Upgrade\r\n\r\n")
