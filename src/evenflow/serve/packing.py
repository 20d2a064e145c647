"""Compressing what we answer ourselves: files, local handlers, the files of ErrorDocument. Not pages of errors and
redirects, which httpd leads past its filters.

Small bodies are compressed whole; a large file piece by piece, as it is read.
"""

from __future__ import annotations

from typing import BinaryIO, Final

from evenflow.plan import edits, filters
from evenflow.proxy import encoding, returned
from evenflow.proxy.exchange import Exchange
from evenflow.serve.files import FileAnswer
from evenflow.serve.pages import UNKNOWN, Field
from evenflow.wire.headers import Headers

AT_ONCE: Final = 65536
"""Bytes read for one piece of a compressed file: mostly a good deal less comes out."""


class PackedFile:
    """A file as its compressed pieces, ready to be sent. `payload` counts their bytes without framing."""

    def __init__(self, file: BinaryIO, size: int, encoder: encoding.Encoder, chunked: bool, exchange: Exchange) -> None:
        self.file = file
        self.left = size
        self.encoder = encoder
        self.chunked = chunked
        self.exchange = exchange
        self.over = False

    def read(self, size: int) -> bytes:
        """The next piece, b"" at the end. How large it is depends on the file: `size` is not looked at."""
        made = b""
        while not made and not self.over:
            piece = self.file.read(min(AT_ONCE, self.left))
            self.left -= len(piece)
            if piece:
                made = self.encoder.feed(piece)
            else:
                made = self.encoder.finish()
                self.over = True
                if self.encoder.notes:
                    self.encoder.note(self.exchange.variables())
        self.exchange.body.sent += len(made)
        if not self.chunked:
            return made
        framed = b"%x\r\n%b\r\n" % (len(made), made) if made else b""
        return framed + b"0\r\n\r\n" if self.over and framed else framed

    def cut(self) -> bool:
        """Whether the file became shorter than it was."""
        return self.left > 0

    def close(self) -> None:
        self.file.close()


def choose(exchange: Exchange, status: int, fields: list[Field], content_type: bytes, named: bytes) -> bytes | None:
    """The coding for an answer of ours, b"" where this client takes none; None where no filter would act. `named` is
    what the end of a file's name says."""
    scope = exchange.decision.scope
    codings = filters.codings_for(scope.output_codings, scope.typed_codings, status, content_type)
    if named:
        # mod_mime's come first.
        own = filters.codings_named(named)
        codings = (*own, *(coding for coding in codings if coding not in own))
    if scope.filter_chain:
        more = returned.chain_codings(exchange, status, Headers(list(fields)), content_type)
        codings = (*codings, *(coding for coding in more if coding not in codings))
    if not codings:
        return None
    env = exchange.variables()
    coded = Headers(fields).get(b"content-encoding") or b""
    if not filters.may_compress(env, status, content_type, coded, False):
        return None
    if status == 206:
        # A part stays what it is a part of.
        return b""
    return filters.choose(codings, exchange.head.get(b"accept-encoding"), b"force-gzip" in env)


def varied(exchange: Exchange, fields: list[Field], acts: bool) -> Headers:
    """The fields with what a filter chain's expressions looked at in Vary; `acts` where a filter would compress."""
    marked = Headers(list(fields))
    names = tuple(name for name in exchange.body.vary if acts or name != filters.ACCEPT_ENCODING)
    if names:
        edits.add_vary(marked, names)
        edits.compact_vary(marked)
    return marked


def pack_file(exchange: Exchange, found: FileAnswer) -> None:
    """Compress the file of an answer, if its place and the client want that."""
    if (found.size <= filters.LEAST and found.status != 206) or (found.body is None and found.file is None):
        return
    coding = choose(exchange, found.status, found.fields, found.content_type, found.filter)
    fields = varied(exchange, found.fields, coding is not None)
    if coding is None:
        found.fields = fields.items
        return
    if not coding:
        encoding.vary(fields)
        found.fields = fields.items
        return
    compression = filters.compression_of(exchange.decision.scope)
    encoder = encoding.Encoder(coding, compression)
    encoding.mark_fields(fields, coding, compression)
    if found.file is not None:
        chunked = exchange.head.version >= 11 and b"downgrade-1.0" not in exchange.variables()
        found.packed = PackedFile(found.file, found.size, encoder, chunked, exchange)
        if not chunked:
            exchange.keep_client = False
        found.size = UNKNOWN
    elif found.body:
        found.body = pack(exchange, encoder, found.body)
        found.size = len(found.body)
    else:
        # HEAD of a large file.
        found.size = UNKNOWN
    found.fields = fields.items


def pack_body(
    exchange: Exchange, status: int, fields: list[Field], content_type: bytes, body: bytes
) -> tuple[list[Field], bytes]:
    """The fields and the body of a local handler's answer, compressed if its place and the client want that."""
    if len(body) <= filters.LEAST:
        return fields, body
    coding = choose(exchange, status, fields, content_type, b"")
    marked = varied(exchange, fields, coding is not None)
    if coding is None:
        return marked.items, body
    if not coding:
        encoding.vary(marked)
        return marked.items, body
    compression = filters.compression_of(exchange.decision.scope)
    encoding.mark_fields(marked, coding, compression)
    return marked.items, pack(exchange, encoding.Encoder(coding, compression), body)


def pack(exchange: Exchange, encoder: encoding.Encoder, body: bytes) -> bytes:
    """A body that is known whole."""
    made = encoder.feed(body) + encoder.finish()
    if encoder.notes:
        encoder.note(exchange.variables())
    return made
