"""What an answer's body is led through on its way to the client, whoever answered: unpacked, its texts replaced,
compressed, in this order.

A step has `feed`, `flush` and `finish`, which take and give bytes; several are as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evenflow.plan import filters
from evenflow.plan.substitute import substitutions_of
from evenflow.proxy import decoding, encoding, substituting
from evenflow.wire.headers import Headers
from evenflow.wire.http1 import RequestHead
from evenflow.wire.targets import split_host

if TYPE_CHECKING:
    from evenflow.proxy.exchange import Exchange


class Led:
    """Steps one after the other."""

    def __init__(self, steps: list[Any]) -> None:
        self.steps = steps
        self.notes = any(step.notes for step in steps)

    def feed(self, data: bytes) -> bytes:
        """What comes out by itself."""
        for step in self.steps:
            if not data:
                break
            data = step.feed(data)
        return data

    def flush(self) -> bytes:
        """What was fed and may go."""
        data = b""
        for step in self.steps:
            data = (step.feed(data) if data else b"") + step.flush()
        return data

    def finish(self) -> bytes:
        """The rest."""
        data = b""
        for step in self.steps:
            data = (step.feed(data) if data else b"") + step.finish()
        return data

    def note(self, env: dict[bytes, bytes]) -> None:
        """What a log may tell of it, once the body is over."""
        for step in self.steps:
            if step.notes:
                step.note(env)


class Way:
    """What `way_of` found. `step` is None where the body goes as it is; `could_encode`: it would be compressed for
    another Accept-Encoding; `barred`: a filter would compress, and may not."""

    __slots__ = ("steps", "could_encode", "barred")

    def __init__(self) -> None:
        self.steps: list[Any] = []
        self.could_encode = False
        self.barred = False

    @property
    def step(self) -> Any:
        """All steps as one, None for none."""
        steps = self.steps
        return None if not steps else steps[0] if len(steps) == 1 else Led(steps)

    def mark(self, fields: Headers, compression: filters.Compression) -> None:
        """Say in an answer's fields what becomes of its body."""
        mark(fields, self.step, self.could_encode, compression)


def mark_protocol(fields: Headers, words: tuple[frozenset[str], ...], head: RequestHead, proxied: bool) -> None:
    """Do to an answer's fields what FilterProtocol says of the providers that were chosen."""
    for said in words:
        if proxied and "proxy=transform" in said:
            fields.add(b"Warning", b"214 " + split_host(head.host)[0] + b" Transformation applied")
        if "change=yes" in said or "change=1:1" in said:
            fields.remove(b"ETag")
            fields.remove(b"Content-MD5")
        if "cache=no" in said:
            fields.remove(b"Last-Modified")
            fields.add(b"Cache-Control", b"no-cache")
        if "byteranges=no" in said:
            fields.set(b"Accept-Ranges", b"none")


def way_of(
    exchange: Exchange,
    named: tuple[bytes, ...],
    status: int,
    content_type: bytes,
    coded: bytes | None,
    ranged: bool,
) -> Way:
    """The way of a body through the filters named. `coded` is its Content-Encoding; `ranged`: it is a part of one."""
    scope = exchange.decision.scope
    way = Way()
    if filters.INFLATE in named and not ranged:
        rest = decoding.without_gzip(coded)
        if rest is not None:
            way.steps.append(decoding.Inflater(0, scope.inflate_ratio, scope.inflate_burst))
            coded = rest
    if filters.SUBSTITUTE in named:
        way.steps.append(substituting.Substituter(substitutions_of(scope), scope.substitute_length))
    if filters.GZIP in named or filters.BROTLI in named:
        env = exchange.variables()
        if not filters.may_compress(env, status, content_type, coded or b"", ranged):
            way.barred = True
            return way
        way.could_encode = True
        if status != 206:
            # A part of a file stays what it is a part of.
            coding = filters.coding_of(named, exchange.head.get(b"accept-encoding"), b"force-gzip" in env)
            if coding:
                way.steps.append(encoding.Encoder(coding, filters.compression_of(scope)))
    return way


def mark(fields: Headers, step: Any, could_encode: bool, compression: filters.Compression) -> None:
    """Say in an answer's fields what becomes of its body."""
    for one in step.steps if isinstance(step, Led) else (step,):
        if isinstance(one, decoding.Inflater):
            decoding.mark_fields(fields, compression)
        elif isinstance(one, substituting.Substituter):
            substituting.mark_fields(fields)
        elif isinstance(one, encoding.Encoder):
            encoding.mark_fields(fields, one.coding, compression)
    if could_encode:
        encoding.vary(fields)
