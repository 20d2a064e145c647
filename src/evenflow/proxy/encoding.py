"""Compressing an answer's body on its way to the client: bytes in, bytes out, nothing kept that may go.

Whatever has been fed is out after `flush`, so that events and long polls arrive when the member sends them.
"""

from __future__ import annotations

import zlib
from typing import Any

from evenflow.plan.edits import NOTE_PREFIX
from evenflow.plan.filters import GZIP, Compression, etag_for
from evenflow.wire.headers import Headers

GZIP_WRAPPER = 16
"""Added to zlib's window: a gzip head and trailer (RFC 1952)."""

GZIP_FRAME = 18
"""Bytes of that head and trailer."""

LEAST_WINDOW = 9
"""What zlib takes; httpd takes less and uses this."""


class Encoder:
    """One body's. `fed` tells whether there is something to flush."""

    def __init__(self, coding: bytes, compression: Compression) -> None:
        self.coding = coding
        self.fed = False
        self.taken = 0
        self.given = 0
        """Bytes so far."""
        self.wrapped = GZIP_FRAME if coding == GZIP else 0
        self.notes = compression.deflate_notes if coding == GZIP else compression.brotli_notes
        self.process: Any
        """(bytes) -> bytes"""
        self.sync: Any
        """() -> bytes: everything fed so far"""
        self.end: Any
        """() -> bytes: the rest, and the end"""
        if coding == GZIP:
            deflater = zlib.compressobj(
                compression.deflate_level,
                zlib.DEFLATED,
                max(compression.deflate_window, LEAST_WINDOW) + GZIP_WRAPPER,
                compression.deflate_memory,
            )
            self.process = deflater.compress
            self.sync = lambda: deflater.flush(zlib.Z_SYNC_FLUSH)
            self.end = deflater.flush
        else:
            import brotli

            compressor = brotli.Compressor(quality=compression.brotli_quality, lgwin=compression.brotli_window)
            self.process = compressor.process
            self.sync = compressor.flush
            self.end = compressor.finish

    def feed(self, data: bytes) -> bytes:
        """What comes out by itself; mostly b""."""
        self.fed = True
        self.taken += len(data)
        made: bytes = self.process(data)
        self.given += len(made)
        return made

    def flush(self) -> bytes:
        """Everything that was fed and is not out yet."""
        if not self.fed:
            return b""
        self.fed = False
        made: bytes = self.sync()
        self.given += len(made)
        return made

    def finish(self) -> bytes:
        """The rest."""
        made: bytes = self.end()
        self.given += len(made)
        return made

    def note(self, env: dict[bytes, bytes]) -> None:
        """What DeflateFilterNote and BrotliFilterNote tell a log, once the body is over. gzip's head and trailer do not
        count (httpd)."""
        out = self.given - self.wrapped
        for kind, name in self.notes:
            if kind == "ratio":
                value = b"%d" % (out * 100 // self.taken) if self.taken else b"-"
            else:
                value = b"%d" % (self.taken if kind == "input" else out)
            env[NOTE_PREFIX + name] = value


def mark_fields(fields: Headers, coding: bytes, compression: Compression) -> None:
    """Say in an answer's fields that its body is compressed."""
    etag = fields.get(b"etag")
    if etag is not None:
        changed = etag_for(etag, coding, compression)
        if changed is None:
            fields.remove(b"ETag")
        elif changed != etag:
            fields.set(b"ETag", changed)
    fields.remove(b"Content-Length")
    fields.remove(b"Content-MD5")
    fields.set(b"Content-Encoding", coding)
    vary(fields)


def vary(fields: Headers) -> None:
    """Say that the answer depends on Accept-Encoding; as httpd, with a comma and no blank."""
    said = b",".join(fields.get_all(b"Vary"))
    if b"accept-encoding" not in [name.strip(b" \t").lower() for name in said.split(b",")]:
        fields.set(b"Vary", said + b",Accept-Encoding" if said else b"Accept-Encoding")
