"""The body of a member's answer: out of the member's framing, into the client's, led through filters on its way
if it should be.

Whoever writes the head says how both are framed; then pieces are taken as they come. Where nothing changes, they are
lent to the outlet, not copied.
"""

from __future__ import annotations

from typing import Any

import cython

from evenflow.wire.chunked import ChunkedReader
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.framing import CHUNKED, UNTIL_CLOSE
from evenflow.wire.outlet import Outlet

# What `take` answers.
MORE = 0
"""The body goes on."""
WHOLE = 1
"""It is complete."""
OVERFULL = 2
"""It is complete, and there are bytes behind it: nobody knows what they are."""

if cython.compiled:
    # The `.pxd` makes C variables of these, which Python does not see: put them where an import looks.
    globals().update(MORE=MORE, WHOLE=WHOLE, OVERFULL=OVERFULL)


class AnswerBody:
    """`out` is the outlet to the client. One object serves answer after answer; `begin` makes it new."""

    def __init__(self, out: Outlet) -> None:
        self.out = out
        self.chunks = ChunkedReader()
        self.begin()

    def begin(self) -> None:
        """Be ready for another answer."""
        self.chunks.trailers = None
        self.left = 0
        """What the member still sends: bytes, CHUNKED or UNTIL_CLOSE."""
        self.coded = False
        """The member's Content-Length is not true for what the client gets."""
        self.chunked = False
        """The client gets it in chunks."""
        self.says_chunked = False
        """An answer to HEAD says that it would be chunked."""
        self.open = False
        """A chunk's end is not written yet."""
        self.encoder: Any = None
        """A step of `filtering`, where the body is changed on its way."""
        self.could_encode = False
        """It would have been for another Accept-Encoding."""
        self.vary: tuple[bytes, ...] = ()
        """Fields of the request that expressions of a filter chain looked at."""
        self.words: tuple[frozenset[str], ...] = ()
        """What FilterProtocol says of the filters that were chosen."""
        self.sent = 0
        """Body bytes for the client, framing not counted."""

    def expect(self, left: int) -> None:
        """The head is read: so much follows, in bytes, CHUNKED or UNTIL_CLOSE."""
        self.left = left
        self.chunks.trailers = None
        if left == CHUNKED:
            self.chunks.reset()

    def trailers(self) -> bytes:
        """What stood behind the member's chunks, for a log and for HTTP/2."""
        return bytes(self.chunks.trailers or b"")

    def take(self, buffer: bytearray, start: int, end: int) -> int:
        """The member sent `buffer[start:end]`: MORE, WHOLE or OVERFULL."""
        left = self.left
        if left == CHUNKED:
            return self._take_chunks(buffer, start, end)
        size = end - start
        if left == UNTIL_CLOSE:
            if size > 0:
                self._put(buffer, start, end)
            return MORE
        if size < left:
            if size:
                self._put(buffer, start, end)
            self.left = left - size
            return MORE
        self._put(buffer, start, start + left)
        self.left = 0
        return OVERFULL if size > left else WHOLE

    def _take_chunks(self, buffer: bytearray, start: int, end: int) -> int:
        reader = self.chunks
        at = start
        while at < end and not reader.done:
            try:
                at = reader.take(buffer, at, end)
            except ProtocolFault as fault:
                raise ProtocolFault(fault.message, 502) from None
            if reader.data_end > reader.data_start:
                self._put(buffer, reader.data_start, reader.data_end)
        if not reader.done:
            return MORE
        return OVERFULL if at < end else WHOLE

    def _put(self, buffer: bytearray, start: int, end: int) -> None:
        if self.encoder is not None:
            self._put_piece(self.encoder.feed(bytes(buffer[start:end])))
            return
        out = self.out
        self.sent += end - start
        if not self.chunked:
            out.lend(buffer, start, end)
            return
        if self.open:
            out.put(b"\r\n")
        out.put_chunk_size(end - start)
        out.lend(buffer, start, end)
        self.open = True

    def _put_piece(self, data: bytes) -> None:
        """Some bytes of a body that is changed."""
        if not data:
            return
        out = self.out
        self.sent += len(data)
        if self.chunked:
            if self.open:
                out.put(b"\r\n")
            out.put_chunk_size(len(data))
            self.open = True
        out.put(data)

    def flush(self) -> None:
        """What the member sent by now is to be seen by now."""
        if self.encoder is not None:
            self._put_piece(self.encoder.flush())

    def end(self) -> None:
        """Write what closes it."""
        if self.encoder is not None:
            self._put_piece(self.encoder.finish())
        if self.chunked:
            self.out.put(b"\r\n0\r\n\r\n" if self.open else b"0\r\n\r\n")
