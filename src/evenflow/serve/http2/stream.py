"""One request of an HTTP/2 connection: a client connection without a socket.

Everything that a client connection does with a request it does here too; only its bytes come from DATA frames and go
into them. What cannot be used yet waits in `inbox`, and the client gets no window for it; what the client's window or
its connection does not take stays in the exchange's outlet, and so stops the reading from the member.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from h2.exceptions import H2Error

from evenflow.plan.model import ConnectionFacts
from evenflow.proxy.exchange import Exchange
from evenflow.serve.client_connection import ClientConnection
from evenflow.serve.clock import monotonic
from evenflow.serve.http2.answers import CHUNK_LINE, ENDED, ENDLESS, HEAD, AnswerReader, read_trailers
from evenflow.serve.http2.fields import Request
from evenflow.serve.http2.websocket import accepts
from evenflow.serve.sockets import BLOCKED, FAILED, SENT
from evenflow.wire.framing import CHUNKED
from evenflow.wire.outlet import Outlet

if TYPE_CHECKING:
    from evenflow.serve.connection import Connection
    from evenflow.serve.http2.connection import Http2Connection

TURN = 32768
"""Bytes of a body that a stream may send before others have their turn."""
MOST_NOTED = 8190
"""Bytes of a refused request that are kept for the log."""
PIECE = 65536
"""Bytes of the inbox that are used at once."""


class Stream(ClientConnection):
    """`number` is the stream's identifier. `begin` starts it; it closes itself."""

    def __init__(self, session: Http2Connection, number: int, facts: ConnectionFacts, request: Request) -> None:
        ClientConnection.__init__(self, session.server, -1, None, facts)
        # What a log says of TLS it asks of the connection.
        self.tls = session.tls
        self.session: Any = session
        self.number = number
        self.request = request
        self.reader = AnswerReader(request.to_head)
        self.inbox = bytearray()
        self.unacknowledged = 0
        """Flow-controlled bytes that came and for which the client has no new window yet."""
        self.body_left = request.length
        """Bytes of body that the client announced and has not sent, or CHUNKED."""
        self.body_ended = False
        """The client has sent END_STREAM."""
        self.told_end = False
        """We have."""
        self.gone = False
        """Nobody listens any more: the client reset it, or the connection is lost."""
        self.completing = False
        """The answer is whole; at most its last bytes wait."""
        self.moved = monotonic()
        """When the client last sent or took something,"""
        self.silence = session.http2.stream_timeout or self.host.timeout
        """and how many seconds may pass until it does again."""

    def begin(self) -> None:
        """Serve the request."""
        self.reading = True
        request = self.request
        if request.status:
            exchange = self._begin_exchange()
            exchange.refused_head = request.head[:MOST_NOTED]
            exchange.refuse_request(request.status, request.why)
            self.advance()
            return
        data = bytearray(request.head)
        self._consume(data, 0, len(data))

    # --- what the client sends ------------------------------------------------------------------------------------

    def body_came(self, data: bytes, size: int) -> bool:
        """A DATA frame that takes `size` bytes of the window; False where it is more than was announced."""
        self.moved = monotonic()
        self.unacknowledged += size
        if self.closed:
            return True
        if data and not self.request.key:
            if self.body_left == CHUNKED:
                data = b"%x\r\n%b\r\n" % (len(data), data)
            elif len(data) > self.body_left:
                return False
            else:
                self.body_left -= len(data)
        self._take(data)
        self._acknowledge()
        return True

    def body_end(self) -> bool:
        """END_STREAM; False where less came than was announced."""
        self.moved = monotonic()
        self.body_ended = True
        if self.closed:
            return True
        if self.request.key:
            if self.tunnel is not None and not self.inbox and not self.tunnel.client_ended():
                self.close_tunnel()
            return True
        if self.body_left == CHUNKED:
            self.body_left = 0
            self._take(b"0\r\n\r\n")
        return self.body_left == 0

    def _take(self, data: bytes) -> None:
        if self.inbox or not self.reading:
            self.inbox += data
        elif data:
            self._use(data)

    def _use(self, data: bytes) -> None:
        """As if it had just been read from a socket."""
        size = len(data)
        self.server.buffer[:size] = data
        if self.tunnel is None:
            self._feed(size)
        elif not self.tunnel.client_sent(self.server.buffer, size):
            self.close_tunnel()

    def deliver(self) -> None:
        """Use what waits in the inbox, as far as it is wanted."""
        while self.inbox and self.reading and not self.closed:
            data = bytes(self.inbox[:PIECE])
            del self.inbox[: len(data)]
            self._use(data)
        if self.closed or self.inbox:
            return
        self._acknowledge()
        if self.body_ended and self.tunnel is not None and not self.tunnel.client_ended():
            self.close_tunnel()

    def _acknowledge(self) -> None:
        """What was used makes room in the client's window."""
        if self.unacknowledged and self.reading and not self.inbox and not self.closed:
            self.session.acknowledge(self.number, self.unacknowledged)
            self.unacknowledged = 0

    def client_reset(self) -> None:
        """RST_STREAM, or the end of the connection."""
        self.gone = True
        if self.tunnel is not None:
            self.close_tunnel()
        else:
            self.lost()

    # --- in the place of a socket ---------------------------------------------------------------------------------

    def start_reading(self) -> None:
        if self.reading or self.closed:
            return
        self.reading = True
        if self.inbox:
            self.server.loop.call_soon(self.deliver)
        else:
            self._acknowledge()

    def stop_reading(self) -> None:
        self.reading = False

    def start_writing(self) -> None:
        self.writing = True

    def stop_writing(self) -> None:
        self.writing = False

    def push(self, out: Outlet) -> int:
        """Send what the windows take of an answer; BLOCKED where some of it waits for them."""
        if self.gone or self.session.closed:
            return FAILED
        out.settle()
        try:
            return self._push_frames(out)
        except H2Error:
            # The library has closed it: what the client sent last is still to be told.
            self.gone = True
            return FAILED

    def _push_frames(self, out: Outlet) -> int:
        reader = self.reader
        turn = TURN
        while True:
            if reader.state == HEAD:
                fields = reader.read_head(out)
                if fields is None:
                    # What is paced comes in pieces.
                    return SENT
                if not self._send_head(fields):
                    return FAILED
            elif reader.state == CHUNK_LINE:
                if not reader.read_line(out):
                    return SENT
                if reader.state == ENDED and not self._end_answer():
                    return FAILED
            elif reader.state == ENDED or out.start == out.end:
                out.clear()
                return SENT
            else:
                most = self.session.window(self.number)
                if turn <= 0 or most <= 0 or not self.session.has_room():
                    self.session.wait(self, most <= 0)
                    self.writing = True
                    return BLOCKED
                piece = reader.read_body(out, min(most, turn))
                turn -= len(piece)
                self.moved = monotonic()
                self.told_end = reader.state == ENDED
                self.session.send(self.number, piece, self.told_end)

    def _send_head(self, fields: list[tuple[bytes, bytes]]) -> bool:
        """False where there can be no such answer."""
        reader = self.reader
        status = reader.status
        if status == 101:
            if not accepts(self.request.key, fields):
                return False
            fields = [(b":status", b"200")] + [one for one in fields[1:] if one[0] != b"sec-websocket-accept"]
            reader.open()
        elif status < 200:
            if status != 103 or self.session.http2.early_hints:
                self.session.send_head(self.number, fields, False)
            return True
        self.told_end = reader.state == ENDED
        if not self.session.send_head(self.number, fields, self.told_end):
            # Nothing was said.
            self.told_end = False
            reader.state = HEAD
            return False
        return True

    def _end_answer(self) -> bool:
        """END_STREAM, with the fields that the member has sent behind its answer; False where it cannot be said."""
        text = self.exchange.body.trailers() if self.exchange is not None else b""
        fields = read_trailers(text, self.host) if text and not self.told_end else []
        if fields is None or (fields and not self.session.send_head(self.number, fields, True)):
            # The stream is reset: what is missing would not be missed.
            self.reader.state = CHUNK_LINE
            return False
        if fields:
            self.told_end = True
        self.end()
        return True

    def end(self) -> None:
        """END_STREAM."""
        if not self.told_end and not self.gone:
            self.told_end = True
            try:
                self.session.send(self.number, b"", True)
            except H2Error:
                self.gone = True

    def forward(self, buffer: bytearray, size: int) -> int:
        """Bytes of a tunnel."""
        if self.pending is None:
            self.pending = Outlet()
        self.pending.put_range(buffer, 0, size)
        done = self.push(self.pending)
        if done == SENT:
            self.pending = None
        return done

    def shut_writing(self) -> None:
        self.end()

    def close(self) -> None:
        if self.closed:
            return
        if self.tunnel is not None and self.pending is None:
            self.completing = True
        self.tls = None
        ClientConnection.close(self)
        self.inbox = bytearray()
        self.session.stream_closed(self)

    def is_whole(self) -> bool:
        """Whether the client has the answer, but perhaps for its END_STREAM."""
        return self.reader.state == ENDED or (self.reader.state == ENDLESS and self.completing)

    def read_from(self) -> list[Connection]:
        return [self.backend] if self.backend is not None and self.backend.reading else []

    def drain(self, now: float) -> None:
        """It is in flight: it is finished."""

    # --- how a request ends ---------------------------------------------------------------------------------------

    def _finish(self, exchange: Exchange) -> None:
        self.completing = True
        ClientConnection._finish(self, exchange)
        if self.exchange is None:
            self.close()

    def linger(self) -> None:
        self.exchange = None
        self.close()

    def _cut(self, exchange: Exchange) -> None:
        self.completing = False
        ClientConnection._cut(self, exchange)

    def lost(self) -> None:
        self.completing = False
        ClientConnection.lost(self)

    # --- time -----------------------------------------------------------------------------------------------------

    def is_clients_turn(self) -> bool:
        """Whether it is the client that is waited for: to take what we have, or to send what it announced."""
        exchange = self.exchange
        if self.tunnel is not None or exchange is None:
            return False
        if self.writing:
            return True
        return (
            not self.body_ended
            and self.reading
            and exchange.request_left != 0
            and not exchange.held_back
            and exchange.to_backend.pending() == 0
        )

    def watch(self) -> None:
        """Before deadlines are looked at: a client has another time to be silent than its member."""
        if self.is_clients_turn():
            self.deadline = self.moved + self.silence
