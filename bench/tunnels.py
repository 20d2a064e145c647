"""A WebSocket echo backend and a load of WebSocket tunnels, both as bare as they can be: plain sockets under epoll.

Run as a program, so that it can be put on a CPU of its own:

    python tunnels.py echo HOST:PORT...
    python tunnels.py ping HOST:PORT PATH TUNNELS MESSAGES     prints {"messages": N, "seconds": S} as JSON

It knows as much of RFC 6455 as it needs: whole frames of at most 125 bytes, masked from the client and not from the
server.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import select
import socket
import sys
import time
from collections.abc import Sequence
from typing import Final

PAYLOAD: Final = b'{"channel":"/meta/connect","clientId":"5k2x","id":"17","n":0}'
ACCEPT_SUFFIX: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT: Final = 0x81


def text_frame(payload: bytes, mask: bytes = b"") -> bytes:
    """One unfragmented text frame; masked if `mask` (four bytes) is given."""
    if not mask:
        return bytes((TEXT, len(payload))) + payload
    return bytes((TEXT, 0x80 | len(payload))) + mask + masked(payload, mask)


def masked(payload: bytes, mask: bytes) -> bytes:
    """`payload` with the mask laid over it, or taken off."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def open_tunnel(address: tuple[str, int], path: str) -> socket.socket:
    """A connection to `address` after a WebSocket handshake for `path`; RuntimeError unless that gets a right 101."""
    tunnel = socket.create_connection(address, 10.0)
    tunnel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16))
    tunnel.sendall(
        b"GET " + path.encode() + b" HTTP/1.1\r\nHost: wiki.example.com\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        received = tunnel.recv(4096)
        if not received:
            raise RuntimeError(f"the handshake was cut off after {answer!r}")
        answer += received
    if not answer.startswith(b"HTTP/1.1 101") or accept_value(key) not in answer:
        raise RuntimeError(f"the handshake was answered {answer.splitlines()[0]!r}")
    return tunnel


def accept_value(key: bytes) -> bytes:
    """Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 section 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + ACCEPT_SUFFIX).digest())


def echo_once(tunnel: socket.socket) -> None:
    """Send one frame and wait for it to come back; RuntimeError if something else does."""
    tunnel.sendall(text_frame(PAYLOAD, os.urandom(4)))
    expected = text_frame(PAYLOAD)
    received = b""
    while len(received) < len(expected):
        more = tunnel.recv(4096)
        if not more:
            break
        received += more
    if received != expected:
        raise RuntimeError(f"the echo was {received!r}")


def ping(address: tuple[str, int], path: str, count: int, messages: int) -> dict[str, float]:
    """Send `messages` frames through `count` tunnels, one on its way in each, and wait for every echo."""
    tunnels = {}
    poll = select.epoll()
    for _ in range(count):
        tunnel = open_tunnel(address, path)
        echo_once(tunnel)
        tunnel.setblocking(False)
        tunnels[tunnel.fileno()] = tunnel
        poll.register(tunnel, select.EPOLLIN)
    frame = text_frame(PAYLOAD, os.urandom(4))
    size = len(text_frame(PAYLOAD))
    missing = dict.fromkeys(tunnels, size)
    begin = time.monotonic()
    for tunnel in tunnels.values():
        tunnel.send(frame)
    sent, came = count, 0
    while came < messages:
        ready = poll.poll(10.0)
        if not ready:
            raise RuntimeError(f"no echo for 10 s after {came} of {messages}")
        for number, _ in ready:
            received = len(tunnels[number].recv(4096))
            if not received:
                raise RuntimeError(f"a tunnel was cut after {came} of {messages} echoes")
            missing[number] -= received
            if missing[number] > 0:
                continue
            came += 1
            missing[number] = size
            if sent < messages:
                tunnels[number].send(frame)
                sent += 1
    seconds = time.monotonic() - begin
    for tunnel in tunnels.values():
        tunnel.close()
    return {"messages": messages, "seconds": seconds}


def echo(addresses: Sequence[tuple[str, int]]) -> None:
    """Answer every handshake with 101 and every frame with its payload, for ever."""
    poll = select.epoll()
    listeners = {}
    for address in addresses:
        listener = socket.create_server(address, backlog=1024)
        listeners[listener.fileno()] = listener
        poll.register(listener, select.EPOLLIN)
    tunnels: dict[int, socket.socket] = {}
    unread: dict[int, bytes] = {}
    while True:
        for number, _ in poll.poll():
            if number in listeners:
                tunnel, _ = listeners[number].accept()
                tunnel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                tunnels[tunnel.fileno()] = tunnel
                poll.register(tunnel, select.EPOLLIN)
                continue
            tunnel = tunnels[number]
            try:
                received = tunnel.recv(65536)
            except OSError:
                received = b""
            left = answer_all(tunnel, unread.pop(number, b"") + received) if received else None
            if left is None:
                poll.unregister(tunnel)
                tunnels.pop(number).close()
            elif left:
                unread[number] = left


def answer_all(tunnel: socket.socket, data: bytes) -> bytes | None:
    """Answer what is whole in `data` and give back the rest; None when the tunnel is to be closed."""
    if data.startswith(b"GET "):
        head, found, data = data.partition(b"\r\n\r\n")
        if not found:
            return head
        fields = dict(line.partition(b": ")[::2] for line in head.split(b"\r\n")[1:])
        key = next((value for name, value in fields.items() if name.lower() == b"sec-websocket-key"), None)
        if key is None:
            tunnel.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            return data
        tunnel.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_value(key) + b"\r\n\r\n"
        )
    while len(data) >= 6 and len(data) >= (end := 6 + (data[1] & 0x7F)):
        if data[0] & 0x0F == 8:
            return None
        tunnel.send(text_frame(masked(data[6:end], data[2:6])))
        data = data[end:]
    return data


def parse_address(text: str) -> tuple[str, int]:
    """HOST:PORT as a pair."""
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    if sys.argv[1] == "echo":
        echo([parse_address(text) for text in sys.argv[2:]])
    else:
        print(json.dumps(ping(parse_address(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))))
