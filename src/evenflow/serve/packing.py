"""What we answer ourselves is led through filters: files, local handlers, the files of ErrorDocument. Not pages of
errors and redirects, which httpd leads past them.

Small bodies go whole; a large file piece by piece, as it is read.
"""

from __future__ import annotations

from typing import Any, BinaryIO, Final

from evenflow.plan import edits, filters
from evenflow.proxy import encoding, filtering, returned
from evenflow.proxy.exchange import Exchange
from evenflow.proxy.substituting import Substituter
from evenflow.serve.files import FileAnswer
from evenflow.serve.pages import UNKNOWN, Field
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.headers import Headers

AT_ONCE: Final = 65536
"""Bytes read for one piece of a file that is changed: where it is compressed, a good deal less comes out."""


class PackedFile:
    """A file as pieces of what a filter makes of it, ready to be sent. `payload` counts their bytes without framing."""

    def __init__(self, file: BinaryIO, size: int, step: Any, chunked: bool, exchange: Exchange) -> None:
        self.file = file
        self.left = size
        self.step = step
        self.chunked = chunked
        self.exchange = exchange
        self.over = False
        self.broken = False
        """A filter cannot go on with it."""

    def read(self, size: int) -> bytes:
        """The next piece, b"" at the end. How large it is depends on the file: `size` is not looked at."""
        made = b""
        if self.over or self.broken:
            return made
        while not made and not self.over:
            piece = self.file.read(min(AT_ONCE, self.left))
            self.left -= len(piece)
            try:
                made = self.step.feed(piece) if piece else self.step.finish()
            except ProtocolFault as fault:
                self.exchange.why = fault.message
                self.broken = True
                return b""
            if not piece:
                self.over = True
                if self.step.notes:
                    self.step.note(self.exchange.variables())
        self.exchange.body.sent += len(made)
        if not self.chunked:
            return made
        framed = b"%x\r\n%b\r\n" % (len(made), made) if made else b""
        return framed + b"0\r\n\r\n" if self.over else framed

    def cut(self) -> bool:
        """Whether it ends before its end."""
        return self.left > 0 or self.broken

    def close(self) -> None:
        self.file.close()


def choose(
    exchange: Exchange, status: int, fields: list[Field], content_type: bytes, named: bytes
) -> filtering.Way | None:
    """The way of the body of an answer of ours; None where no filter would act. `named` is what the end of a file's
    name says."""
    scope = exchange.decision.scope
    found = scope.output_filters
    if named:
        # mod_mime's come first.
        own = filters.filters_of_name(named)
        found = (*own, *(name for name in found if name not in own))
    if scope.typed_filters or scope.filter_chain:
        answer = Headers(list(fields))
        chain = answer if scope.filter_chain else None
        # For httpd's filters a part of a file is still the whole.
        seen = 200 if status == 206 else status
        chosen = returned.chosen_for(exchange, seen, answer, chain, content_type, content_type)
        exchange.body.vary, exchange.body.words = chosen.varied, chosen.words
        found = (*found, *(name for name in chosen.filters if name not in found))
    if not found:
        return None
    way = filtering.way_of(exchange, found, status, content_type, Headers(fields).get(b"content-encoding"), False)
    return way if way.steps or way.could_encode else None


def varied(exchange: Exchange, fields: list[Field], acts: bool) -> Headers:
    """The fields with what a filter chain's expressions looked at in Vary; `acts` where a filter would compress."""
    marked = Headers(list(fields))
    names = tuple(name for name in exchange.body.vary if acts or name != filters.ACCEPT_ENCODING)
    if names:
        edits.add_vary(marked, names)
        edits.compact_vary(marked)
    filtering.mark_protocol(marked, exchange.body.words, exchange.head, False)
    return marked


def changes_file(exchange: Exchange, found: FileAnswer) -> bool:
    """Whether a filter changes the file's bytes otherwise than by compressing them."""
    way = choose(exchange, 200, found.fields, found.content_type, found.filter)
    return way is not None and any(not isinstance(step, encoding.Encoder) for step in way.steps)


def pack_file(exchange: Exchange, found: FileAnswer) -> None:
    """Lead the file of an answer through the filters of its place."""
    if found.body is None and found.file is None:
        return
    way = choose(exchange, found.status, found.fields, found.content_type, found.filter)
    way = worth(way, found.size, found.status)
    fields = varied(exchange, found.fields, way is not None)
    if way is None:
        found.fields = fields.items
        return
    way.mark(fields, filters.compression_of(exchange.decision.scope))
    step = way.step
    if step is None:
        pass
    elif found.file is not None:
        chunked = exchange.head.version >= 11 and b"downgrade-1.0" not in exchange.variables()
        found.packed = PackedFile(found.file, found.size, step, chunked, exchange)
        if not chunked:
            exchange.keep_client = False
        found.size = UNKNOWN
    elif found.body:
        found.body = pack(exchange, step, found.body)
        found.size = len(found.body)
        if found.head_only and any(isinstance(one, Substituter) for one in way.steps):
            # As httpd, which has not made it.
            found.size = UNKNOWN
    else:
        # HEAD of a large file.
        found.size = UNKNOWN
    found.fields = fields.items


def worth(way: filtering.Way | None, size: int, status: int) -> filtering.Way | None:
    """The way without what compresses where the body is short."""
    if way is None or size > filters.LEAST or status == 206:
        return way
    way.steps = [step for step in way.steps if not isinstance(step, encoding.Encoder)]
    way.could_encode = False
    return way if way.steps else None


def pack_body(
    exchange: Exchange, status: int, fields: list[Field], content_type: bytes, body: bytes
) -> tuple[list[Field], bytes]:
    """The fields and the body of a local handler's answer, led through the filters of its place."""
    if not body:
        return fields, body
    way = worth(choose(exchange, status, fields, content_type, b""), len(body), status)
    marked = varied(exchange, fields, way is not None)
    if way is None:
        return marked.items, body
    way.mark(marked, filters.compression_of(exchange.decision.scope))
    step = way.step
    return marked.items, body if step is None else pack(exchange, step, body)


def pack(exchange: Exchange, step: Any, body: bytes) -> bytes:
    """A body that is known whole."""
    made: bytes = step.feed(body) + step.finish()
    if step.notes:
        step.note(exchange.variables())
    return made
