"""Unpacking what came in gzip: a request's body on its way to the member, an answer's on its way to the client.

Bytes in, bytes out. What is small packed and huge unpacked is a fault before it is large: after each piece the ratio of
all that came out to all that went in is looked at, as mod_deflate does.
"""

from __future__ import annotations

import zlib
from typing import Final

from evenflow.plan.filters import Compression, etag_for
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.headers import Headers

GZIP_WINDOW: Final = zlib.MAX_WBITS + 16
"""zlib's word for gzip (RFC 1952), with any window."""
PIECE: Final = 8096
"""Bytes that come out between two looks at the ratio: httpd's DeflateBufferSize."""
UNPACKED: Final = b"gunzip"
"""What an ETag says of it."""
BEHIND: Final = "bytes behind the end of a body in gzip"
CODINGS: Final = (b"gzip", b"x-gzip")


class Inflater:
    """One body's. `limit` is the most bytes that may come out, 0 for any number. More than `burst` pieces in sequence
    at a ratio of `ratio` or more are a bomb. An answer's body has it in the place of an `encoding.Encoder`.
    """

    notes = ()

    def __init__(self, limit: int, ratio: int, burst: int) -> None:
        self.limit = limit
        self.ratio = ratio
        self.burst = burst
        self.hits = 0
        self.taken = 0
        self.given = 0
        self.inflater = zlib.decompressobj(GZIP_WINDOW)

    def feed(self, data: bytes) -> bytes:
        """What comes out. ProtocolFault 413 beyond the limit, 400 for a bomb, for what is no gzip, and for what
        stands behind its end.
        """
        inflater = self.inflater
        if inflater.eof and data:
            raise ProtocolFault(BEHIND, 400)
        pieces = []
        fed = self.taken + len(data)
        try:
            while True:
                piece = inflater.decompress(data, PIECE)
                data = inflater.unconsumed_tail
                self.taken = fed - len(data)
                if piece:
                    self.given += len(piece)
                    pieces.append(piece)
                    self._look()
                if inflater.unused_data:
                    raise ProtocolFault(BEHIND, 400)
                if inflater.eof or not (data or len(piece) == PIECE):
                    return b"".join(pieces)
        except zlib.error as fault:
            raise ProtocolFault(f"the body is no gzip: {fault}", 400) from None

    def _look(self) -> None:
        if self.limit and self.given > self.limit:
            raise ProtocolFault(
                f"the body is longer, unpacked, than DeflateInflateLimitRequestBody allows ({self.limit})", 413
            )
        if self.given // max(self.taken, 1) < self.ratio:
            self.hits = 0
            return
        self.hits += 1
        if self.hits > self.burst:
            raise ProtocolFault(
                f"the body grows more than {self.ratio} times when it is unpacked (DeflateInflateRatioLimit)", 400
            )

    def flush(self) -> bytes:
        """Nothing is kept back."""
        return b""

    def finish(self) -> bytes:
        """An answer that ends too soon is given as far as it came."""
        return b""

    def is_whole(self) -> bool:
        """Whether its end was there."""
        return self.inflater.eof


def without_gzip(field: bytes | None) -> bytes | None:
    """What is left of a Content-Encoding once its last coding, gzip, is undone: b"" for nothing; None where the last
    coding is another, or there is none.
    """
    if field is None:
        return None
    rest, _, last = field.rpartition(b",")
    return rest.strip(b" \t") if last.strip(b" \t").lower() in CODINGS else None


def mark_fields(fields: Headers, compression: Compression) -> None:
    """Say in an answer's fields that its body is unpacked."""
    etag = fields.get(b"etag")
    if etag is not None:
        changed = etag_for(etag, UNPACKED, compression)
        if changed is None:
            fields.remove(b"ETag")
        elif changed != etag:
            fields.set(b"ETag", changed)
    rest = without_gzip(fields.get(b"content-encoding"))
    if rest:
        fields.set(b"Content-Encoding", rest)
    else:
        fields.remove(b"Content-Encoding")
    fields.remove(b"Content-Length")
    fields.remove(b"Content-MD5")
