"""A request's fields, as HTTP/2 carries them, become the head that the rest of the house reads.

RFC 9113 section 8. The head is written anew from what was validated: no byte of a field can end its line, and nothing
of HTTP/1.1's framing comes from the client. What is malformed has no answer: its stream is reset. What is merely too
long has httpd's answer.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from evenflow.plan.model import VirtualHost
from evenflow.wire.framing import CHUNKED, MOST
from evenflow.wire.http1 import TOKEN, decimal

PSEUDO: Final = frozenset((b":method", b":scheme", b":authority", b":path", b":protocol"))

OF_CONNECTIONS: Final = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade")
)
"""Section 8.2.2: HTTP/2 has none of these."""

TOO_MANY_MORE: Final = 100
"""A request with so many more fields than are allowed is not answered (httpd)."""

WEBSOCKET: Final = b"websocket"


class Malformed(Exception):
    """The stream is reset; the message says why."""


class Request:
    """What a stream begins with."""

    __slots__ = ("head", "length", "to_head", "key", "status", "why")

    def __init__(self, head: bytes, length: int, to_head: bool) -> None:
        self.head = head
        self.length = length
        """Bytes of body that the head announces, or CHUNKED."""
        self.to_head = to_head
        """Its answer has no body whatever it says."""
        self.key = b""
        """Sec-WebSocket-Key that the member was given; b"" for no WebSocket."""
        self.status = 0
        """The status that it is refused with; 0 for a request that is served."""
        self.why = ""


def read_request(fields: Iterable[tuple[bytes, bytes]], ended: bool, host: VirtualHost, websockets: bool) -> Request:
    """The request of these fields; `ended`: no body follows. Raises Malformed. `host` says how long they may be."""
    pseudo: dict[bytes, bytes] = {}
    regular: list[tuple[bytes, bytes]] = []
    cookies: list[bytes] = []
    authority: bytes | None = None
    length = -1
    for name, value in fields:
        check_value(name, value)
        if name.startswith(b":"):
            if regular or cookies or name in pseudo or name not in PSEUDO:
                raise Malformed("a pseudo-field that is unknown, comes twice, or comes late")
            pseudo[name] = value
            continue
        check_name(name)
        if name == b"cookie":
            cookies.append(value)
            continue
        if name == b"host":
            if authority is not None:
                raise Malformed("two Host fields")
            authority = value
            # It counts as a field that came, for what comes late.
            regular.append((b"", b""))
            continue
        if name == b"sec-websocket-key" and b":protocol" in pseudo:
            # The member is given one of ours.
            continue
        if name in OF_CONNECTIONS or (name == b"te" and value.lower() != b"trailers"):
            raise Malformed("a field that belongs to connections of HTTP/1.1")
        if name == b"content-length":
            if length >= 0:
                raise Malformed("two Content-Length fields")
            length = decimal(value, MOST)
            if length < 0 or (ended and length > 0):
                raise Malformed("Content-Length is not the body's length")
        regular.append((name, value))
    if cookies:
        # Section 8.2.3
        regular.append((b"cookie", b"; ".join(cookies)))
    opens = b":protocol" in pseudo
    method = read_method(pseudo, opens and websockets)
    target = read_target(pseudo, method, opens)
    said = pseudo.get(b":authority")
    if said is not None and authority is not None and said.lower() != authority.lower():
        raise Malformed("Host and :authority differ")
    if said is not None:
        authority = said
    if authority is None:
        raise Malformed("neither :authority nor Host")
    body = length if length > 0 else 0 if ended or length == 0 or opens else CHUNKED
    if opens and pseudo[b":protocol"] == WEBSOCKET:
        # RFC 8441 section 5: in HTTP/1.1 it begins with a GET.
        method = b"GET"
    request = write_head(method, target, authority, regular, body)
    if opens:
        open_websocket(request, pseudo[b":protocol"])
    check_limits(request, pseudo, regular, host)
    return request


def check_value(name: bytes, value: bytes) -> None:
    """Section 8.2.1."""
    if not name:
        raise Malformed("a field without a name")
    if b"\r" in value or b"\n" in value or b"\0" in value:
        raise Malformed("a line break or NUL in a field")
    if value and (value[0] in b" \t" or value[-1] in b" \t"):
        raise Malformed("a field's value begins or ends with a blank")


def check_name(name: bytes) -> None:
    table = TOKEN
    for byte in name:
        if not table[byte] or 65 <= byte <= 90:
            raise Malformed("a field's name is not a token in lower case")


def read_method(pseudo: dict[bytes, bytes], may_open: bool) -> bytes:
    method = pseudo.get(b":method", b"")
    table = TOKEN
    if not method:
        raise Malformed("no :method")
    for byte in method:
        if not table[byte]:
            raise Malformed("the method is not a token")
    if b":protocol" in pseudo and (not may_open or method != b"CONNECT"):
        raise Malformed(":protocol where it was not offered")
    return method


def read_target(pseudo: dict[bytes, bytes], method: bytes, opens: bool) -> bytes:
    """Section 8.3.1: the path, `*` for OPTIONS, the authority for a CONNECT without a protocol (section 8.5)."""
    path = pseudo.get(b":path")
    scheme = pseudo.get(b":scheme")
    if method == b"CONNECT" and not opens:
        if path is not None or scheme is not None or not pseudo.get(b":authority"):
            raise Malformed("CONNECT has an :authority and nothing else")
        target = pseudo[b":authority"]
    else:
        if not path or not scheme:
            raise Malformed("no :path or no :scheme")
        if path[0] != 47 and (path != b"*" or method != b"OPTIONS"):
            raise Malformed(":path does not begin with a slash")
        target = path
    for byte in target:
        if byte <= 32 or byte == 127:
            raise Malformed("a blank or a control character in the target")
    return target


def write_head(
    method: bytes, target: bytes, authority: bytes, fields: list[tuple[bytes, bytes]], body: int
) -> Request:
    """`body` is its length, or CHUNKED."""
    lines = [method, b" ", target, b" HTTP/2.0\r\nHost: ", authority, b"\r\n"]
    for name, value in fields:
        if name:
            lines += (spelled(name), b": ", value, b"\r\n")
    if body == CHUNKED:
        lines.append(b"Transfer-Encoding: chunked\r\n")
    lines.append(b"\r\n")
    return Request(b"".join(lines), body, method == b"HEAD")


@lru_cache(maxsize=1024)
def spelled(name: bytes) -> bytes:
    """`user-agent` as members are used to see it: `User-Agent`."""
    return b"-".join([part[:1].upper() + part[1:] for part in name.split(b"-")])


def open_websocket(request: Request, protocol: bytes) -> None:
    """RFC 8441 section 5: what HTTP/1.1 says with Upgrade."""
    if protocol != WEBSOCKET:
        request.status = 501
        request.why = f"no way to speak `{protocol[:40].decode('latin-1')}` over a stream"
        return
    request.key = base64.b64encode(os.urandom(16))
    added = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + request.key + b"\r\n\r\n"
    request.head = request.head[:-2] + added


def check_limits(
    request: Request, pseudo: dict[bytes, bytes], fields: list[tuple[bytes, bytes]], host: VirtualHost
) -> None:
    """LimitRequestLine, LimitRequestFieldSize, LimitRequestFields, with httpd's statuses for HTTP/2."""
    most = host.limit_request_fields
    if most and len(fields) > most + TOO_MANY_MORE:
        raise Malformed(f"more than {most} fields by far")
    limit = host.limit_request_line
    if limit and (max([len(value) for value in pseudo.values()]) > limit or request.head.find(b"\r\n") > limit):
        request.status = 414
        request.why = f"the request line is longer than {limit} bytes"
        return
    limit = host.limit_request_field_size
    for name, value in fields:
        if limit and len(name) + len(value) + 2 > limit:
            request.status = 431
            request.why = f"a header field is longer than {limit} bytes"
    # As they will be counted: without the request line and the empty one.
    if most and request.head.count(b"\r\n") - 2 > most:
        request.status = 431
        request.why = f"more than {most} header fields"
