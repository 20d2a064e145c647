"""The client's request body, where it does not just pass: an expectation of 100, what is read before a member is asked,
and chunks.

A body with a length that passes on is the exchange's own business (`take_body`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from evenflow.plan.model import FILE, FORWARD, LOCAL
from evenflow.plan.naming import INPUT, filters_named
from evenflow.proxy import decoding, switches
from evenflow.proxy.steps import ANSWERING, CUT
from evenflow.wire.faults import ProtocolFault
from evenflow.wire.framing import CHUNKED

if TYPE_CHECKING:
    from evenflow.proxy.exchange import Exchange

PREFETCH: Final = 16384
"""httpd reads so much of a request body before it asks a member; what fits is sent with a Content-Length."""
MOST_COLLECTED: Final = 65536
"""A request body up to this size is read before we answer ourselves, so that the connection can be kept."""
MOST_WHOLE: Final = 1 << 24
"""With proxy-sendcl a chunked body is read whole before a member is asked, if it is not longer than this."""
ANSWERED_HERE: Final = frozenset((FILE, LOCAL))
"""Whose request bodies have a limit."""


def look_at_expect(exchange: Exchange) -> None:
    """RFC 9110 section 10.1.1: the only expectation is 100-continue; anything else is answered with 417."""
    value = exchange.head.get(b"expect")
    if value is None:
        return
    if value.lower() != b"100-continue":
        exchange.refuse_request(417, "an Expect other than 100-continue")
        return
    if exchange.head.version >= 11:
        exchange.expects = True
        exchange.held_back = exchange.request_left != 0


def is_needed_first(exchange: Exchange) -> bool:
    """Whether no member can be asked for the 100: HTTP/1.0 has none, and a length is known when the body is."""
    switched = exchange.switched
    return switched & switches.HTTP_1_0 != 0 or (
        switched & switches.WITH_LENGTH != 0 and exchange.request_left == CHUNKED
    )


def say_continue(exchange: Exchange) -> None:
    """Proxy100Continue Off, and where no member can be asked: the client's 100 comes from us, and the member does
    not hear of it.
    """
    exchange.expects = exchange.held_back = False
    if exchange.request_left == 0:
        # httpd has promised a 100 that nothing calls for, and closes.
        exchange.keep_client = False
    else:
        exchange.to_client.put(b"HTTP/1.1 100 Continue\r\n\r\n")


def is_too_long(exchange: Exchange) -> bool:
    """LimitRequestBody, as far as the request says how long its body is."""
    limit = exchange.decision.scope.body_limit
    if exchange.decision.kind not in ANSWERED_HERE or limit == 0 or exchange.request_left <= limit:
        return False
    exchange.refuse(413, f"the request body is longer than LimitRequestBody allows ({limit})")
    return True


def begin_inflating(exchange: Exchange) -> None:
    """SetInputFilter or AddInputFilter DEFLATE: what the client packed goes to the member unpacked, without its
    Content-Encoding. Nobody knows how long it will be.
    """
    head = exchange.head
    decision = exchange.decision
    if not decision.scope.inflates and not filters_named(decision.scope, decision.filename, INPUT):
        return
    rest = decoding.without_gzip(head.get(b"content-encoding"))
    if rest is None:
        return
    scope = decision.scope
    exchange.inflater = decoding.Inflater(scope.inflate_limit, scope.inflate_ratio, scope.inflate_burst)
    exchange.request_length = CHUNKED
    head.replace(b"Content-Encoding", rest or None)
    head.replace(b"Content-Length", None)
    head.replace(b"Content-MD5", None)


def pass_inflated(exchange: Exchange, buffer: bytearray, start: int, end: int) -> int:
    """Pass on body bytes unpacked, in chunks; returns the position behind those of this request."""
    reader = exchange.request_chunks
    at = start
    try:
        if exchange.request_left == CHUNKED:
            while at < end and not reader.done:
                at = reader.take(buffer, at, end)
                put_inflated(exchange, bytes(buffer[reader.data_start : reader.data_end]))
            if reader.done:
                exchange.request_left = 0
        else:
            size = end - start
            if size > exchange.request_left:
                size = exchange.request_left
            at = start + size
            exchange.request_left -= size
            put_inflated(exchange, bytes(buffer[start:at]))
        if exchange.request_left == 0:
            check_whole(exchange)
            exchange.to_backend.put(b"0\r\n\r\n")
    except ProtocolFault as fault:
        broken(exchange, fault)
        return end
    return at


def put_inflated(exchange: Exchange, data: bytes) -> None:
    """A chunk for the member of what comes of these bytes."""
    made = exchange.inflater.feed(data) if data else b""
    if made:
        out = exchange.to_backend
        out.put_chunk_size(len(made))
        out.put(made)
        out.put(b"\r\n")
        exchange.to_member += len(made)


def check_whole(exchange: Exchange) -> None:
    """ProtocolFault where a packed body ends too soon."""
    if not exchange.inflater.is_whole():
        raise ProtocolFault("the body ends in the middle of its gzip", 400)


def pass_chunks(exchange: Exchange, buffer: bytearray, start: int, end: int) -> int:
    """Pass on chunks of `buffer[start:end]`, framed anew; returns the position behind those of this request."""
    reader = exchange.request_chunks
    out = exchange.to_backend
    at = start
    while at < end and not reader.done:
        try:
            at = reader.take(buffer, at, end)
        except ProtocolFault as fault:
            broken(exchange, fault)
            return end
        size = reader.data_end - reader.data_start
        if size:
            out.put_chunk_size(size)
            out.put_range(buffer, reader.data_start, reader.data_end)
            out.put(b"\r\n")
            exchange.to_member += size
    if reader.done:
        out.put(b"0\r\n\r\n")
        exchange.request_left = 0
    return at


def collect(exchange: Exchange, buffer: bytearray, start: int, end: int, now: float) -> int:
    """Keep body bytes; go on when the body is complete or too large to wait for."""
    at = start
    forwards = exchange.decision.kind == FORWARD and not exchange.ends_here
    inflater = exchange.inflater if forwards else None
    # Who speaks HTTP/1.0 is sent no chunks by httpd, nor is his member.
    whole = forwards and (
        exchange.switched & switches.WITH_LENGTH != 0 or (inflater is not None and exchange.head.version < 11)
    )
    most = MOST_WHOLE if whole else PREFETCH if forwards else MOST_COLLECTED
    if exchange.request_left == CHUNKED:
        reader = exchange.request_chunks
        while at < end and not reader.done and len(exchange.collected) <= (most if whole else MOST_COLLECTED):
            try:
                at = reader.take(buffer, at, end)
                data = buffer[reader.data_start : reader.data_end]
                if inflater is not None and data:
                    data = inflater.feed(bytes(data))
            except ProtocolFault as fault:
                exchange.refuse_request(fault.status, fault.message)
                return end
            exchange.collected += data
        if reader.done:
            exchange.request_left = 0
    else:
        size = end - start
        if size > exchange.request_left:
            size = exchange.request_left
        at = start + size
        exchange.request_left -= size
        data = buffer[start:at]
        if inflater is not None:
            try:
                data = inflater.feed(bytes(data))
            except ProtocolFault as fault:
                exchange.refuse_request(fault.status, fault.message)
                return end
        exchange.collected += data
    if inflater is not None and exchange.request_left == 0 and not inflater.is_whole():
        exchange.refuse_request(400, "the body ends in the middle of its gzip")
        return end
    if exchange.request_left == 0 or len(exchange.collected) >= most:
        if forwards:
            if exchange.request_left == 0 and (whole or len(exchange.collected) <= PREFETCH):
                exchange.request_length = len(exchange.collected)
            elif whole:
                exchange.refuse_request(413, "the body is too long to be sent with a length (proxy-sendcl)")
                return at
            exchange.find_session()
            exchange.elect(now)
        else:
            limit = exchange.decision.scope.body_limit
            if limit and len(exchange.collected) > limit and exchange.decision.kind in ANSWERED_HERE:
                exchange.refuse_request(413, f"the request body is longer than LimitRequestBody allows ({limit})")
            else:
                exchange.collected_all()
    return at


def broken(exchange: Exchange, fault: ProtocolFault) -> None:
    """The request body breaks its framing: the member must not see an end, so its connection goes too."""
    exchange.keep_client = exchange.keep_backend = False
    exchange.to_backend.clear()
    exchange.release()
    if exchange.step == ANSWERING:
        exchange.step = CUT
        exchange.why = fault.message
    else:
        exchange.refuse(fault.status, fault.message)


def put_collected(exchange: Exchange) -> None:
    """What was read of the request body before a member was asked."""
    out = exchange.to_backend
    before = out.pending()
    if exchange.request_length == CHUNKED:
        out.put_chunk_size(len(exchange.collected))
        out.put_range(exchange.collected, 0, len(exchange.collected))
        out.put(b"\r\n0\r\n\r\n" if exchange.request_left == 0 else b"\r\n")
    else:
        out.put_range(exchange.collected, 0, len(exchange.collected))
    exchange.to_member += out.pending() - before
