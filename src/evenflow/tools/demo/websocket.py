"""WebSocket text messages over a pair of asyncio streams, either side: RFC 6455 sections 4 and 5, without extensions.

Used by the stand-in Synchrony nodes and by the demo's checks. It knows frames and the opening handshake, not what is
said in them.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from typing import Final

GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
NORMAL, PROTOCOL_ERROR, TOO_BIG = 1000, 1002, 1009
MESSAGE_LIMIT: Final = 1 << 20
"""Bytes in one message; more closes the connection with 1009."""


class Closed(Exception):
    """The conversation is over; `code` is the close code, 1006 where the connection just ended."""

    def __init__(self, code: int) -> None:
        super().__init__(f"WebSocket closed with {code}")
        self.code = code


def accept_value(key: str) -> str:
    """What the server's Sec-WebSocket-Accept must say to a client's key (RFC 6455 section 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key.encode("latin-1") + GUID).digest()).decode()


def new_key() -> str:
    """A client's Sec-WebSocket-Key."""
    return base64.b64encode(os.urandom(16)).decode()


class WebSocket:
    """One open conversation. A client masks what it sends and refuses masked frames, a server vice versa (5.1)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, client: bool) -> None:
        self._reader = reader
        self._writer = writer
        self._client = client

    async def receive(self) -> str:
        """The next whole text message; pings are answered on the way. Raises `Closed`."""
        whole = bytearray()
        while True:
            final, opcode, payload = await self._frame()
            if opcode == PING:
                self._write(PONG, payload)
            elif opcode == CLOSE:
                code = int.from_bytes(payload[:2]) if len(payload) >= 2 else 1005
                self._write(CLOSE, payload[:2])
                raise Closed(code)
            elif opcode in (TEXT, CONTINUATION):
                whole += payload
                if len(whole) > MESSAGE_LIMIT:
                    self._fail(TOO_BIG)
                if final:
                    return whole.decode()
            elif opcode != PONG:
                self._fail(PROTOCOL_ERROR)

    def send(self, text: str) -> None:
        """Queue one text message; nothing happens where the other side is gone."""
        self._write(TEXT, text.encode())

    async def close(self) -> None:
        """Say goodbye and close the connection."""
        self._write(CLOSE, NORMAL.to_bytes(2))
        self._writer.close()

    async def _frame(self) -> tuple[bool, int, bytes]:
        try:
            first, second = await self._reader.readexactly(2)
            masked, size = bool(second & 0x80), second & 0x7F
            # No reserved bits: nobody has negotiated an extension.
            if first & 0x70 or masked is self._client:
                self._fail(PROTOCOL_ERROR)
            if size >= 126:
                size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8))
            if size > MESSAGE_LIMIT:
                self._fail(TOO_BIG)
            mask = await self._reader.readexactly(4) if masked else b""
            payload = await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as end:
            raise Closed(1006) from end
        return bool(first & 0x80), first & 0x0F, apply_mask(payload, mask) if masked else payload

    def _fail(self, code: int) -> None:
        self._write(CLOSE, code.to_bytes(2))
        raise Closed(code)

    def _write(self, opcode: int, payload: bytes) -> None:
        if self._writer.is_closing():
            return
        size, mask_bit = len(payload), 0x80 if self._client else 0
        head = bytearray([0x80 | opcode])
        if size < 126:
            head.append(mask_bit | size)
        elif size < 65536:
            head.append(mask_bit | 126)
            head += size.to_bytes(2)
        else:
            head.append(mask_bit | 127)
            head += size.to_bytes(8)
        if self._client:
            mask = os.urandom(4)
            head += mask
            payload = apply_mask(payload, mask)
        self._writer.write(bytes(head) + payload)


def apply_mask(payload: bytes, mask: bytes) -> bytes:
    """Mask or unmask: the same act both ways (section 5.3)."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(size)
