"""The client once more, with HTTP/2: the same requests as they are written for HTTP/1.1, and the same kind of reply.

Names go in lower case, Host as `:authority`, a body in DATA frames, one for each chunk. What it says of framing is
whether the answer said its length.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Sequence
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from .casebook import Request
from .client import PATIENCE, Answer, Reply

FRAME = 16384
ASKS = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: %b\r\n\r\n"


class Streams:
    """One connection with HTTP/2; `how` is `h2` (over TLS), `h2c` (from the first byte on) or `upgrade`, `shows` the
    client's certificate with its key."""

    def __init__(self, port: int, server_name: str | None, how: str, shows: Path | None = None) -> None:
        self.how = how
        self.h2 = H2Connection(
            # It sends what is written: what is wrong with it is the front's to say.
            H2Configuration(
                client_side=True,
                header_encoding="latin-1",
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        # As browsers do.
        self.h2.local_settings = Settings(client=True, initial_values={SettingCodes.ENABLE_PUSH: 0})
        self.replies: dict[int, Reply] = {}
        self.ended: set[int] = set()
        self.gone = ""
        self.sock: socket.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        if server_name is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_alpn_protocols(["h2", "http/1.1"])
            if shows is not None:
                context.load_cert_chain(shows)
            try:
                secured = context.wrap_socket(self.sock, server_hostname=None if server_name == "-" else server_name)
            except BaseException:
                self.sock.close()
                raise
            self.sock = secured
            if secured.selected_alpn_protocol() != "h2":
                self.gone = "no HTTP/2 was agreed on"
        if how != "upgrade" and not self.gone:
            self.h2.initiate_connection()
            self._flush()

    def close(self) -> None:
        self.sock.close()

    def exchange(self, batch: Sequence[Request]) -> list[Reply]:
        """Send all requests, then read until each has its answer."""
        started = time.monotonic()
        numbers = []
        for request in batch:
            if self.how == "upgrade" and not self.replies:
                numbers.append(self._upgrade(request.payload))
            else:
                numbers.append(self._ask(request.payload, request.tunnel is not None))
                if request.tunnel is not None and numbers[-1]:
                    self._converse(numbers[-1], request.tunnel, request.tunnel_early)
        while not self.gone and not self.ended.issuperset(numbers):
            self._read()
        for number in numbers:
            reply = self.replies.setdefault(number, Reply())
            reply.seconds = time.monotonic() - started
            if number not in self.ended:
                reply.ending, reply.after = "closed", self.gone
        return [self.replies[number] for number in numbers]

    def _upgrade(self, payload: bytes) -> int:
        """Ask for HTTP/2 in HTTP/1.1; the answer to it is stream 1's."""
        settings = self.h2.initiate_upgrade_connection()
        self.sock.sendall(payload[:-2] + ASKS % settings)
        head = b""
        while b"\r\n\r\n" not in head:
            more = self._receive()
            if not more:
                return 1
            head += more
        head, _, rest = head.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            self.gone = f"no 101 but {head.split(chr(13).encode())[0].decode('latin-1')}"
            return 1
        self.replies[1] = Reply()
        lines = head.decode("latin-1").split("\r\n")
        fields = [(line.partition(":")[0], line.partition(":")[2].strip()) for line in lines[1:]]
        self.replies[1].interim.append(Answer("HTTP/1.1", 101, lines[0][13:], fields))
        self._flush()
        self._take(rest)
        return 1

    def _converse(self, number: int, text: bytes, early: bool) -> None:
        """Use the tunnel that a stream is: hear the text back, end our half; the goodbye is read behind it."""
        reply = self.replies[number]
        if early:
            self.h2.send_data(number, text)
            self._flush()
        while not self.gone and number not in self.ended and reply.answer is None:
            self._read()
        if self.gone or number in self.ended or reply.answer is None or reply.answer.status != 200:
            return
        if not early:
            self.h2.send_data(number, text)
            self._flush()
        while not self.gone and number not in self.ended and len(reply.answer.body) < len(text):
            self._read()
        if not self.gone and number not in self.ended:
            self.h2.end_stream(number)
            self._flush()

    def _ask(self, payload: bytes, opens: bool = False) -> int:
        """Send a request as a stream; returns its number. With `opens` it is one for a tunnel, which ends later."""
        if self.gone:
            return 0
        fields, pieces, trailers = apart(payload, isinstance(self.sock, ssl.SSLSocket))
        if opens:
            fields = opening(fields)
        number = self.h2.get_next_available_stream_id()
        self.replies[number] = Reply()
        self.h2.send_headers(number, fields, end_stream=not pieces and not trailers and not opens)
        for piece in pieces:
            while self.h2.local_flow_control_window(number) < len(piece) and not self.gone and number not in self.ended:
                self._flush()
                self._read()
            if self.gone or number in self.ended:
                return number
            self.h2.send_data(number, piece)
        if trailers:
            self.h2.send_headers(number, trailers, end_stream=True)
        elif pieces:
            self.h2.end_stream(number)
        self._flush()
        return number

    def _flush(self) -> None:
        try:
            self.sock.sendall(self.h2.data_to_send())
        except (ConnectionError, ssl.SSLError):
            pass

    def _receive(self) -> bytes:
        try:
            data = self.sock.recv(65536)
        except TimeoutError:
            self.gone = "silent"
            return b""
        except OSError:
            data = b""
        if not data:
            self.gone = self.gone or "closed"
        return data

    def _read(self) -> None:
        data = self._receive()
        if data:
            self._take(data)

    def _take(self, data: bytes) -> None:
        try:
            events = self.h2.receive_data(data)
        except ProtocolError as fault:
            self.gone = f"broken: {fault}"
            return
        for event in events:
            self._hear(event)
        self._flush()

    def _hear(self, event: Event) -> None:
        if isinstance(event, ConnectionTerminated):
            if event.error_code:
                self.gone = f"GOAWAY {int(event.error_code)}"
            return
        number = getattr(event, "stream_id", None)
        reply = self.replies.get(number) if number else None
        if reply is None or number is None:
            return
        if isinstance(event, InformationalResponseReceived):
            reply.interim.append(_answer(event.headers))
        elif isinstance(event, ResponseReceived):
            reply.answer = _answer(event.headers)
        elif isinstance(event, DataReceived) and reply.answer is not None:
            reply.answer.body += event.data or b""
            self.h2.acknowledge_received_data(event.flow_controlled_length or 0, number)
        elif isinstance(event, TrailersReceived) and reply.answer is not None:
            reply.answer.trailers = [f"{name}: {value}" for name, value in event.headers or ()]
        elif isinstance(event, StreamEnded):
            self.ended.add(number)
        elif isinstance(event, StreamReset) and number not in self.ended:
            self.ended.add(number)
            reply.after = f"RST_STREAM {int(event.error_code)}"
            if reply.answer is None:
                reply.ending = "closed"
            else:
                reply.answer.complete = False


Fields = list[tuple[str, str]]


def apart(payload: bytes, secured: bool) -> tuple[Fields, list[bytes], Fields]:
    """A request as it is written for HTTP/1.1, as HTTP/2 has it: fields, pieces of the body, trailers."""
    head, _, body = payload.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    method, target = line.split(" ")[:2]
    pseudo = [(":method", method), (":scheme", "https" if secured else "http")]
    fields, trailers = [], []
    chunked = False
    for text in lines:
        name, _, value = text.partition(":")
        name, value = name.lower(), value.strip(" \t")
        if name == "host":
            pseudo.append((":authority", value))
        elif name == "transfer-encoding":
            chunked = True
        elif name.startswith("trailer-"):
            trailers.append((name[8:], value))
        elif name != "connection":
            fields.append((name, value))
    return [*pseudo, (":path", target), *fields], _pieces(body, chunked), trailers


def opening(fields: Fields) -> Fields:
    """What asks for an upgrade in HTTP/1.1, as HTTP/2 says it (RFC 8441 section 4)."""
    protocol = next((value for name, value in fields if name == "upgrade"), "")
    pseudo = [(name, "CONNECT" if name == ":method" else value) for name, value in fields if name.startswith(":")]
    rest = [one for one in fields if not one[0].startswith(":") and one[0] != "upgrade"]
    return [*pseudo, (":protocol", protocol), *rest]


def _answer(headers: object) -> Answer:
    """A head; what it says of its length is its framing."""
    fields = [(str(name), str(value)) for name, value in headers or ()]  # type: ignore[attr-defined]
    status = int(dict(fields)[":status"])
    rest = [(name, value) for name, value in fields if name != ":status"]
    framing = "length" if any(name == "content-length" for name, _ in rest) else "stream"
    return Answer("HTTP/2.0", status, "", rest, framing=framing)


def _pieces(body: bytes, chunked: bool) -> list[bytes]:
    """What goes into one DATA frame each."""
    found = []
    if not chunked:
        return [body[at : at + FRAME] for at in range(0, len(body), FRAME)]
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        piece, body = body[:length], body[length + 2 :]
        found += [piece[at : at + FRAME] for at in range(0, length, FRAME)]
    return found
