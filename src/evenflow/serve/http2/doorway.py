"""A client's connection where HTTP/2 may be spoken, until it is known whether it is.

Over TLS the handshake says it (ALPN). In clear text a client begins with HTTP/2's preface, or asks in HTTP/1.1 to go
over to it (RFC 7540 section 3.2). If it does neither, this is the ordinary connection that it looks like.
"""

from __future__ import annotations

import base64
import binascii
import ssl
from typing import Any, Final

from h2.exceptions import H2Error

from evenflow.plan.decide import decide
from evenflow.plan.http2 import Http2
from evenflow.plan.model import ANSWER, REDIRECT, ConnectionFacts, VirtualHost
from evenflow.proxy.steps import IDLE
from evenflow.serve.client_connection import ClientConnection
from evenflow.serve.client_tls import shake_hands
from evenflow.serve.clock import monotonic
from evenflow.serve.http2.connection import Http2Connection
from evenflow.serve.http2.fields import Request
from evenflow.serve.server import Server
from evenflow.serve.tls import TlsSocket
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.framing import request_body
from evenflow.wire.http1 import RequestHead
from evenflow.wire.scan import find_head_end

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ENDS_HERE: Final = frozenset(
    (b"connection", b"upgrade", b"http2-settings", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding",
     b"content-length")
)  # fmt: skip
"""Fields of the request that asked for HTTP/2 which do not belong to its stream."""
FRAME_CHUNK: Final = 6
"""Bytes of one setting."""


def speaks(hosts: tuple[VirtualHost, ...] | list[VirtualHost], tls: bool) -> bool:
    """Whether one of an address's virtual hosts speaks HTTP/2 with TLS, or without."""
    for host in hosts:
        http2 = host.http2
        if http2 is not None and (http2.secure if tls else http2.clear):
            return True
    return False


class Doorway(ClientConnection):
    """See the module."""

    def __init__(self, server: Server, fd: int, tls: Any, facts: ConnectionFacts) -> None:
        ClientConnection.__init__(self, server, fd, tls, facts)
        self.looked = tls is not None
        """No preface is awaited any more."""

    def on_readable(self) -> None:
        if self.handshaking and not self.closed:
            if not shake_hands(self):
                return
            tls = self.tls
            if tls is not None and tls.selected_alpn_protocol() == "h2":
                self._begin_secured(tls)
                return
        ClientConnection.on_readable(self)

    def _begin_secured(self, tls: ssl.SSLSocket) -> None:
        """The handshake has agreed on HTTP/2."""
        host = tls.selected if isinstance(tls, TlsSocket) else self.host
        connection = self._hand_over(host)
        if host.http2.modern_tls and not is_modern(tls):
            connection.begin_badly()
        else:
            connection.begin()

    def _hand_over(self, host: VirtualHost) -> Http2Connection:
        """The socket is somebody else's from here on."""
        self.stop_reading()
        self.stop_writing()
        self.server.clients.discard(self)
        tls = self.tls
        fd = self.fd
        self.tls = None
        self.fd = -1
        self.stash = None
        self.closed = True
        return Http2Connection(self.server, fd, tls, self.facts, host)

    def _consume(self, buffer: bytearray, start: int, end: int) -> None:
        if self.tls is None and self.tunnel is None and not self.lingering:
            exchange = self.exchange
            if exchange is None or exchange.step == IDLE:
                if not self.looked and self._look(buffer, start, end):
                    return
                if self._goes_over(buffer, start, end):
                    return
        ClientConnection._consume(self, buffer, start, end)

    def _look(self, buffer: bytearray, start: int, end: int) -> bool:
        """Whether the connection begins with the preface, or may yet."""
        http2: Http2 | None = self.host.http2
        if http2 is None or not http2.clear or not http2.direct:
            self.looked = True
            return False
        size = min(end - start, len(PREFACE))
        if buffer[start : start + size] != PREFACE[:size]:
            self.looked = True
            return False
        if size < len(PREFACE):
            self._keep(buffer, start, end)
            self.read_limit.begin_head(self.host, size, monotonic())
            return True
        data = bytes(buffer[start:end])
        connection = self._hand_over(self.host)
        connection.begin()
        connection.take(data)
        return True

    def _goes_over(self, buffer: bytearray, start: int, end: int) -> bool:
        """Whether a whole head asks for `h2c` and may have it."""
        stop = find_head_end(buffer, start, end)
        if stop < 0 or b"h2c" not in buffer[start:stop]:
            return False
        while start < stop and buffer[start] in b"\r\n":
            start += 1
        head = RequestHead()
        first = self.host
        try:
            head.parse(
                bytes(buffer[start:stop]),
                first.limit_request_line,
                first.limit_request_field_size,
                first.limit_request_fields,
            )
            if head.version < 11 or request_body(head) != 0 or head.get(b"transfer-encoding") is not None:
                return False
        except ProtocolFault:
            # It is answered as every other of its kind.
            return False
        settings = settings_of(head)
        if settings is None:
            return False
        # Who may not come in is told so in HTTP/1.1, as in httpd.
        decision = decide(self.server.routes.plan, self.facts, head)
        http2 = decision.host.http2
        if decision.kind in (ANSWER, REDIRECT) or http2 is None or not http2.clear or not decision.scope.http2_upgrade:
            return False
        rest = bytes(buffer[stop:end])
        served = self.served
        connection = self._hand_over(decision.host)
        connection.served = served
        try:
            connection.begin_upgraded(stream_of(head), settings)
        except (H2Error, ValueError):
            connection.close()
            return True
        if rest and not connection.closed:
            connection.take(rest)
        return True


MODERN: Final = ("GCM", "CCM", "POLY1305")
"""What the ciphers have in their names that are not on the list of RFC 9113 appendix A."""


def is_modern(tls: ssl.SSLSocket) -> bool:
    """RFC 9113 section 9.2.2: TLS 1.2 with keys of the moment and authenticated encryption, or TLS 1.3."""
    version = tls.version()
    cipher = tls.cipher()
    if version == "TLSv1.3":
        return True
    if version != "TLSv1.2" or cipher is None:
        return False
    name = cipher[0]
    return name.startswith(("ECDHE-", "DHE-")) and any(word in name for word in MODERN)


def settings_of(head: RequestHead) -> bytes | None:
    """HTTP2-Settings of a request that asks for `h2c` in all that RFC 7540 wants; None where it does not."""
    upgrade = head.get(b"upgrade")
    settings = head.get(b"http2-settings")
    if upgrade is None or settings is None or b"," in settings:
        return None
    if b"h2c" not in [word.strip(b" \t") for word in upgrade.split(b",")]:
        return None
    if not {b"upgrade", b"http2-settings"} <= head.named_by_connection():
        return None
    try:
        payload = base64.b64decode(settings + b"=" * (-len(settings) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(payload) % FRAME_CHUNK:
        return None
    return base64.urlsafe_b64encode(payload)


def stream_of(head: RequestHead) -> Request:
    """The request as stream 1 carries it."""
    lines = [head.method, b" ", head.target, b" HTTP/2.0\r\n"]
    for name, value in head.pairs():
        if name.lower() not in ENDS_HERE:
            lines += (name, b": ", value, b"\r\n")
    lines.append(b"\r\n")
    return Request(b"".join(lines), 0, head.method == b"HEAD")
