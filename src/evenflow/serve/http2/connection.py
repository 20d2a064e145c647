"""A client's connection that speaks HTTP/2: frames between one socket and its streams.

The library `h2` knows frames, header compression and what may follow what; this file moves its bytes, gives each
stream its events, and bounds what a client can ask for. A client that does not read is not read from. Its streams take
turns; each is stopped by its own window, all of them by the connection's.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from typing import Any, Final

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    PingReceived,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    UnknownFrameReceived,
    WindowUpdated,
)
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings
from hyperframe.frame import GoAwayFrame

from evenflow.plan.http2 import Http2, variables_of
from evenflow.plan.model import ConnectionFacts, VirtualHost
from evenflow.serve.clock import monotonic
from evenflow.serve.connection import Connection
from evenflow.serve.error_log import tell_of_fault
from evenflow.serve.http2.fields import Malformed, Request, read_request
from evenflow.serve.http2.lengths import Lengths
from evenflow.serve.http2.patience import Patience
from evenflow.serve.http2.stream import Stream
from evenflow.serve.server import Server
from evenflow.serve.sockets import BLOCKED, FAILED, SENT, WOULD_BLOCK
from evenflow.wire.outlet import Outlet

ROOM: Final = 65536
"""Bytes that may wait for the socket before streams must wait, and before no more is read."""
MOST_WINDOW: Final = 2**31 - 1
MOST_FIELDS: Final = 1 << 20
"""Bytes of names and values in one request that are decompressed; httpd's limits are looked at behind it."""
LINGER: Final = 2.0
"""Seconds that a client has to read our last words."""
MOST_LINGER: Final = 1 << 20
"""Bytes that it may send meanwhile."""
NEVER: Final = float("inf")

NUMBERS: Final = itertools.count(1)
"""Of this child's HTTP/2 connections."""

CONFIGURATION: Final = H2Configuration(
    client_side=False,
    header_encoding=False,
    # What fields may be, `fields` says: what is wrong with one request is no reason to end the others.
    validate_inbound_headers=False,
    normalize_inbound_headers=False,
    # Both were done where heads are read.
    validate_outbound_headers=False,
    normalize_outbound_headers=False,
)


class Http2Connection(Connection):
    """`host` is the virtual host of the handshake or address; it says how HTTP/2 is spoken."""

    def __init__(self, server: Server, fd: int, tls: Any, facts: ConnectionFacts, host: VirtualHost) -> None:
        Connection.__init__(self, server, fd, tls)
        self.facts = facts
        facts.http2 = {}
        self.host = host
        self.http2: Http2 = host.http2
        self.name = b"%d-%d" % (os.getpid(), next(NUMBERS))
        self.h2: Any = H2Connection(CONFIGURATION)
        settings = {
            SettingCodes.MAX_CONCURRENT_STREAMS: self.http2.max_streams,
            SettingCodes.INITIAL_WINDOW_SIZE: self.http2.window,
        }
        if self.http2.websockets:
            settings[SettingCodes.ENABLE_CONNECT_PROTOCOL] = 1
        self.h2.local_settings = Settings(client=False, initial_values=settings)
        self.h2.decoder.max_header_list_size = MOST_FIELDS
        self.out = Outlet()
        self.streams: dict[int, Stream] = {}
        self.waiting: Any = deque()
        """Streams that wait for room."""
        self.starved: dict[int, Stream] = {}
        """Streams that wait for their client's window."""
        self.patience = Patience()
        self.lengths = Lengths(self.h2.max_inbound_frame_size)
        self.errors = 0
        """Malformed requests so far."""
        self.served = 0
        self.last = 0
        """The highest stream that was let in."""
        self.busy = False
        """Events are at work: what they leave is sent afterwards."""
        self.scheduled = False
        self.leaving = False
        """GOAWAY was sent: no new streams."""
        self.lingering = False
        self.lingered = 0
        self.deadline = monotonic() + host.timeout
        server.http2.add(self)

    def begin(self) -> None:
        """Speak first, and listen."""
        self.h2.initiate_connection()
        self._widen()
        self.flush()
        self.start_reading()

    def begin_badly(self) -> None:
        """Say that this TLS is not good enough (H2ModernTLSOnly)."""
        self.h2.initiate_connection()
        self._farewell(ErrorCodes.INADEQUATE_SECURITY)

    def begin_upgraded(self, request: Request, settings: bytes) -> None:
        """The same after a 101; the request that asked for it is stream 1. Raises H2Error or ValueError, before
        anything is sent, where the settings cannot be read."""
        self.h2.initiate_upgrade_connection(settings)
        self.out.put(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
        self._widen()
        self.busy = True
        stream = self._open(1, request)
        stream.body_end()
        self.busy = False
        self.flush()
        self.start_reading()

    def _widen(self) -> None:
        """Only streams have windows that count: one that waits for its member must not stop the others."""
        self.h2.increment_flow_control_window(MOST_WINDOW - 65535)

    # --- reading --------------------------------------------------------------------------------------------------

    def on_readable(self) -> None:
        while not self.closed:
            size = self.receive()
            if size == WOULD_BLOCK:
                return
            if size <= 0:
                self.lost()
                return
            if self.lingering:
                self.lingered += size
                if self.lingered > MOST_LINGER:
                    self.close()
            else:
                self.take(bytes(self.server.buffer[:size]))
            if self.tls is None or not self.reading:
                return

    def take(self, data: bytes) -> None:
        """Bytes from the client."""
        if not self.lengths.fit(data):
            self._farewell(ErrorCodes.FRAME_SIZE_ERROR)
            return
        self.busy = True
        try:
            events = self.h2.receive_data(data)
        except H2Error:
            # The library has said GOAWAY, and why.
            self.busy = False
            self._end_streams()
            self.leaving = True
            self.flush()
            if not self.closed and not self.lingering:
                self._linger()
            return
        except (ValueError, OverflowError, KeyError) as fault:
            # A mistake of the library's: this connection ends, as it does at every other fault of its client's.
            tell_of_fault(self.server.log, fault)
            self.lost()
            return
        reset = [event.stream_id for event in events if isinstance(event, StreamReset)]
        for number in reset:
            if number in self.streams:
                self.streams[number].gone = True
        try:
            for event in events:
                if self.closed or self.lingering:
                    break
                self._act(event, reset)
        except Exception as fault:
            # A mistake of ours: nobody knows what the client may expect now.
            tell_of_fault(self.server.log, fault)
            self.lost()
        self.busy = False
        if not self.closed and not self.lingering:
            self.flush()

    def _act(self, event: Any, reset: list[int]) -> None:
        kind = type(event)
        if kind is DataReceived:
            if not event.data and event.stream_ended is None:
                self._try()
            stream = self.streams.get(event.stream_id)
            if stream is None:
                # Its answer was there before its body.
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif not stream.body_came(event.data, event.flow_controlled_length):
                self._refuse(event.stream_id, "the body is longer than Content-Length")
        elif kind is RequestReceived:
            self._request(event, reset)
        elif kind is StreamEnded:
            stream = self.streams.get(event.stream_id)
            if stream is not None and not stream.body_end():
                self._refuse(event.stream_id, "the body is shorter than Content-Length")
        elif kind is WindowUpdated:
            if event.stream_id:
                self._feed_again(event.stream_id)
            else:
                self._feed_all()
        elif kind is StreamReset:
            stream = self.streams.get(event.stream_id)
            if stream is not None:
                stream.client_reset()
            self._try()
        elif kind is ConnectionTerminated:
            # The client begins no more streams. The library takes it for the end of all; what was asked is answered.
            self.leaving = True
            if self.streams and not event.error_code:
                self.h2.state_machine.state = ConnectionState.SERVER_OPEN
        elif kind is RemoteSettingsChanged:
            self._try()
            # A larger window of each stream.
            self._feed_all()
        elif kind is PingReceived or kind is UnknownFrameReceived:
            self._try()

    def _try(self) -> None:
        """Something that costs us work and the client nothing."""
        if not self.patience.bears(monotonic()):
            self._farewell(ErrorCodes.ENHANCE_YOUR_CALM)

    def _request(self, event: Any, reset: list[int]) -> None:
        number = event.stream_id
        if number in reset:
            # It was taken back before anybody looked at it.
            return
        if self.leaving:
            self._reset(number, ErrorCodes.REFUSED_STREAM)
            return
        try:
            request = read_request(event.headers, event.stream_ended is not None, self.host, self.http2.websockets)
        except Malformed as fault:
            self._refuse(number, str(fault))
            return
        self._open(number, request)

    def _open(self, number: int, request: Request) -> Stream:
        self.last = number
        stream = Stream(self, number, self._facts(number), request)
        self.streams[number] = stream
        self.deadline = NEVER
        try:
            stream.begin()
        except Exception as fault:
            # A mistake of ours: the other streams go on.
            tell_of_fault(self.server.log, fault)
            stream.abandon()
        self.facts.memo = stream.facts.memo
        return stream

    def _facts(self, number: int) -> ConnectionFacts:
        """What requests learn of the connection and of their stream."""
        known = self.facts
        facts = ConnectionFacts(
            known.remote_address,
            known.remote_port,
            known.local_address,
            known.local_port,
            known.tls,
            known.sni,
            known.table,
        )
        facts.memo = known.memo
        facts.proxied_address = known.proxied_address
        facts.proxied_port = known.proxied_port
        facts.spoken_for = known.spoken_for
        facts.tls_facts = known.tls_facts
        facts.http2 = variables_of(number, self.name)
        return facts

    def _refuse(self, number: int, why: str) -> None:
        """A malformed request: its stream is reset, and after too many the connection ends (H2MaxStreamErrors)."""
        self.server.log.info(
            "request refused", "http2 malformed", why=why, client=self.facts.client.decode("latin-1")
        )
        stream = self.streams.get(number)
        if stream is not None:
            stream.gone = True
            stream.client_reset()
        self._reset(number, ErrorCodes.PROTOCOL_ERROR)
        self.errors += 1
        if self.http2.max_errors and self.errors >= self.http2.max_errors:
            self._farewell(ErrorCodes.PROTOCOL_ERROR)

    def _reset(self, number: int, code: ErrorCodes) -> None:
        try:
            self.h2.reset_stream(number, code)
        except H2Error:
            # It is closed already.
            pass

    # --- what streams ask for -------------------------------------------------------------------------------------

    def acknowledge(self, number: int, size: int) -> None:
        """A stream has used so many flow-controlled bytes."""
        self.h2.acknowledge_received_data(size, number)
        self._schedule()

    def window(self, number: int) -> int:
        """Bytes that a stream may send in its next frame, as far as its client says."""
        most: int = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size)
        limit = self.http2.max_data_frame
        return min(most, limit) if limit else most

    def has_room(self) -> bool:
        """Whether the socket keeps up."""
        return self.out.pending() < ROOM

    def wait(self, stream: Stream, starved: bool) -> None:
        """It has more to send: when there is room, or with `starved` a window, its `on_writable` is called."""
        if starved:
            self.starved[stream.number] = stream
        else:
            if stream not in self.waiting:
                self.waiting.append(stream)
            self._schedule()

    def send_head(self, number: int, fields: list[tuple[bytes, bytes]], ended: bool) -> bool:
        """False where the head is too long to be sent (H2MaxHeaderBlockLen)."""
        limit = self.http2.max_header_block
        if limit and sum([len(name) + len(value) for name, value in fields]) > limit:
            return False
        self.h2.send_headers(number, fields, end_stream=ended)
        self._gather()
        return True

    def send(self, number: int, data: bytes, ended: bool) -> None:
        """A piece of a body, not longer than `window` said."""
        self.h2.send_data(number, data, end_stream=ended)
        self._gather()

    def stream_closed(self, stream: Stream) -> None:
        """It is done with: whole or not."""
        number = stream.number
        if self.streams.pop(number, None) is None:
            return
        self.starved.pop(number, None)
        if stream in self.waiting:
            self.waiting.remove(stream)
        if stream.unacknowledged:
            # The connection's window is everybody's.
            self.h2.acknowledge_received_data(stream.unacknowledged, number)
        if stream.is_whole():
            self.served += 1
        if not stream.gone and not self.closed:
            if not stream.is_whole():
                self._reset(number, ErrorCodes.INTERNAL_ERROR)
            else:
                stream.end()
                if not stream.body_ended:
                    # RFC 9113 section 8.1: the rest of the body is not wanted.
                    self._reset(number, ErrorCodes.NO_ERROR)
        if not self.streams:
            self.deadline = monotonic() + (self.host.keep_alive_timeout if self.served else self.host.timeout)
        self._schedule()

    # --- writing --------------------------------------------------------------------------------------------------

    def _gather(self) -> None:
        """What the library has to send goes behind what waits already."""
        data = self.h2.data_to_send()
        if data:
            self.out.put(data)
        self._schedule()

    def _schedule(self) -> None:
        if not self.busy and not self.scheduled and not self.closed:
            self.scheduled = True
            self.server.loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send what waits, and let streams add to it while the socket takes more."""
        self.scheduled = False
        if self.closed:
            return
        self._gather_quietly()
        before = self.out.pending()
        while True:
            done = self.push(self.out) if self.out.pending() else SENT
            if done != SENT:
                break
            if not self.waiting:
                break
            self._take_turns()
        if done == FAILED:
            self.lost()
            return
        if done == BLOCKED:
            if self.deadline == NEVER or self.out.pending() < before:
                self.deadline = monotonic() + self.host.timeout
            if self.out.pending() > ROOM:
                # It asks and does not listen.
                self.stop_reading()
            return
        self.stop_writing()
        if self.streams:
            self.deadline = NEVER
        elif self.leaving and not self.lingering:
            self._linger()
            return
        self.start_reading()

    def _gather_quietly(self) -> None:
        data = self.h2.data_to_send()
        if data:
            self.out.put(data)

    def _take_turns(self) -> None:
        """Every stream that waits for room has a turn."""
        self.busy = True
        for _ in range(len(self.waiting)):
            if not self.waiting or not self.has_room():
                break
            self._wake(self.waiting.popleft())
        self.busy = False
        self._gather_quietly()

    def _wake(self, stream: Stream) -> None:
        if stream.closed:
            return
        try:
            stream.on_writable()
        except Exception as fault:
            tell_of_fault(self.server.log, fault)
            stream.abandon()

    def _feed_again(self, number: int) -> None:
        stream = self.starved.pop(number, None)
        if stream is not None and stream not in self.waiting:
            self.waiting.append(stream)

    def _feed_all(self) -> None:
        for number in list(self.starved):
            self._feed_again(number)

    def on_writable(self) -> None:
        self.flush()

    # --- the end --------------------------------------------------------------------------------------------------

    def _goaway(self, code: ErrorCodes) -> None:
        """The library's own farewell would let no stream finish."""
        self._gather_quietly()
        frame = GoAwayFrame(0)
        frame.last_stream_id = self.last
        frame.error_code = code
        self.out.put(frame.serialize())
        self.leaving = True

    def _farewell(self, code: ErrorCodes) -> None:
        """The client goes too far: all its requests end."""
        if self.lingering or self.closed:
            return
        self._end_streams()
        self._goaway(code)
        self.flush()
        if not self.closed and not self.lingering:
            self._linger()

    def _end_streams(self) -> None:
        for stream in list(self.streams.values()):
            stream.client_reset()

    def _linger(self) -> None:
        """Say that we are done, and let the client read why before its unread bytes reset the connection."""
        self.lingering = True
        self.shut_writing()
        tls = self.tls
        if tls is not None:
            self.tls = None
            self.fd = tls.detach()
            self.shut_writing()
        self.deadline = monotonic() + LINGER
        # With TLS the loop watched for somebody else.
        self.stop_reading()
        self.start_reading()

    def lost(self) -> None:
        """The client is gone, with all its requests."""
        if self.closed:
            return
        self.lingering = True
        self._end_streams()
        self.close()

    def close(self) -> None:
        if not self.closed:
            Connection.close(self)
            self.server.http2.discard(self)

    def leave(self) -> None:
        """Tell the client that it must go elsewhere with what it did not ask yet; what it asked is finished."""
        if not self.leaving and not self.lingering:
            self._goaway(ErrorCodes.NO_ERROR)
            self._schedule()

    def drain(self, now: float) -> None:
        """This child ends."""
        if self.streams or self.served:
            self.leave()
        else:
            # Its first request may be on its way.
            self.deadline = min(self.deadline, now + 1.0)

    def on_deadline(self, now: float) -> None:
        if self.lingering:
            self.close()
        elif self.out.pending():
            # It takes nothing.
            self.lost()
        elif not self.streams:
            self._goaway(ErrorCodes.NO_ERROR)
            self.flush()
        else:
            self.deadline = NEVER

    def look_after(self, now: float) -> None:
        """Once in each tick."""
        for stream in list(self.streams.values()):
            stream.watch()
        if self.deadline <= now:
            self.on_deadline(now)

    def read_from(self) -> list[Connection]:
        """As a client connection's: its streams' members are told of by the streams."""
        return [self] if self.reading else []


def look_after(server: Server, now: float) -> None:
    """Once in each tick: time-outs, and a farewell where the child is to end."""
    for connection in list(server.http2):
        try:
            if server.draining and not connection.leaving and (connection.streams or connection.served):
                connection.leave()
            connection.look_after(now)
        except Exception as fault:
            tell_of_fault(server.log, fault)
            connection.lost()
