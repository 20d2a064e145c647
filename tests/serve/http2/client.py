"""An HTTP/2 client made of the real library, with the patience of a test. It checks nothing: a test does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

from tests.serve.served import Peer

FRAME = 16384
Fields = Sequence[tuple[bytes, bytes]]


class Answer:
    """What came for one stream so far."""

    def __init__(self) -> None:
        self.status = 0
        self.fields: list[tuple[bytes, bytes]] = []
        self.interim: list[tuple[int, list[tuple[bytes, bytes]]]] = []
        self.body = b""
        self.trailers: list[tuple[bytes, bytes]] = []
        self.ended = False
        self.reset: int | None = None

    def get(self, name: bytes) -> bytes | None:
        return dict(self.fields).get(name)


class Client:
    """`takes`: WINDOW_UPDATE is sent for what comes."""

    def __init__(self, peer: Peer, takes: bool = True, upgraded: bytes | None = None) -> None:
        self.peer = peer
        self.takes = takes
        self.h2: Any = H2Connection(
            H2Configuration(
                client_side=True,
                header_encoding=False,
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
                validate_inbound_headers=True,
            )
        )
        self.answers: dict[int, Answer] = {}
        self.goaway: int | None = None
        self.last = 0
        """The last stream that GOAWAY promises to answer."""
        self.unread = bytearray()
        self.events: list[Any] = []
        if upgraded is None:
            self.h2.initiate_connection()
            self.flush()

    def flush(self) -> None:
        self.peer.send(self.h2.data_to_send())

    def ask(
        self, method: bytes = b"GET", path: bytes = b"/", fields: Fields = (), body: bytes = b"", ends: bool = True
    ) -> int:
        """Send a request, whole or without its end; returns its stream."""
        pseudo = [(b":method", method), (b":scheme", b"http"), (b":authority", b"www.example"), (b":path", path)]
        return self.ask_as([*pseudo, *fields], body, ends)

    def ask_as(self, fields: Fields, body: bytes = b"", ends: bool = True) -> int:
        number: int = self.h2.get_next_available_stream_id()
        self.answers[number] = Answer()
        self.h2.send_headers(number, fields, end_stream=ends and not body)
        if body:
            self._put(number, body, ends)
        self.flush()
        return number

    def send(self, number: int, data: bytes, ends: bool = False) -> None:
        self._put(number, data, ends)
        self.flush()

    def _put(self, number: int, data: bytes, ends: bool) -> None:
        for at in range(0, len(data), FRAME):
            self.h2.send_data(number, data[at : at + FRAME], end_stream=ends and at + FRAME >= len(data))

    def read(self) -> bool:
        """Take what comes next; False at the connection's end."""
        try:
            data = self.peer.socket.recv(65536)
        except ConnectionError:
            return False
        if not data:
            return False
        self.take(data)
        return True

    def take(self, data: bytes) -> None:
        self.unread += data
        while len(self.unread) >= 9 and len(self.unread) >= (size := 9 + int.from_bytes(self.unread[:3])):
            frame = bytes(self.unread[:size])
            del self.unread[:size]
            self._take_frame(frame)
        out = self.h2.data_to_send()
        if out:
            self.peer.send(out)

    def _take_frame(self, frame: bytes) -> None:
        for event in self.h2.receive_data(frame):
            self.events.append(event)
            number = getattr(event, "stream_id", 0) or 0
            answer = self.answers.setdefault(number, Answer()) if number else None
            if isinstance(event, ConnectionTerminated):
                self.goaway = int(event.error_code or 0)
                self.last = event.last_stream_id or 0
                if not self.goaway:
                    # What was asked is answered (RFC 9113 section 6.8); the library would hear no more of it.
                    self.h2.state_machine.state = ConnectionState.CLIENT_OPEN
            if answer is None:
                continue
            if isinstance(event, ResponseReceived):
                answer.fields = list(event.headers or ())
                answer.status = int(answer.fields[0][1])
            elif isinstance(event, InformationalResponseReceived):
                fields = list(event.headers or ())
                answer.interim.append((int(fields[0][1]), fields[1:]))
            elif isinstance(event, DataReceived):
                answer.body += event.data or b""
                if self.takes:
                    self.h2.acknowledge_received_data(event.flow_controlled_length or 0, number)
            elif isinstance(event, TrailersReceived):
                answer.trailers = list(event.headers or ())
            elif isinstance(event, StreamEnded):
                answer.ended = True
            elif isinstance(event, StreamReset):
                answer.reset = int(event.error_code)

    def answer(self, number: int) -> Answer:
        """Wait for the end of a stream, in whatever way."""
        answer = self.answers[number]
        while not answer.ended and answer.reset is None:
            assert self.read(), f"the connection ended (GOAWAY {self.goaway})"
        return answer

    def head(self, number: int) -> Answer:
        """Wait for an answer's head."""
        answer = self.answers[number]
        while not answer.status and answer.reset is None:
            assert self.read(), f"the connection ended (GOAWAY {self.goaway})"
        return answer

    def until_end(self) -> int | None:
        """Read to the connection's end; what GOAWAY said."""
        while self.read():
            pass
        return self.goaway
