"""How long is the body of this message?

One answer for each direction, following RFC 9112 section 6.3 step by step. It reads a head and answers; it reads no
bytes. A doubtful combination is a fault, never a guess: a guess here lets two proxies disagree on where a message ends.
The answer is the body's length in bytes, or one of `CHUNKED` and `UNTIL_CLOSE`.
"""

from __future__ import annotations

import cython

from evenflow.wire.faults import ProtocolFault
from evenflow.wire.http1 import CONTENT_LENGTH, STRIDE, TRANSFER_ENCODING, RequestHead, ResponseHead, decimal

CHUNKED = -1
UNTIL_CLOSE = -2

MOST = (1 << 62) - 1
"""The largest length that is believed."""

if cython.compiled:
    # The `.pxd` makes C variables of these, which Python does not see: put them where an import looks.
    globals().update(CHUNKED=CHUNKED, UNTIL_CLOSE=UNTIL_CLOSE, MOST=MOST)


def request_body(head: RequestHead) -> int:
    """Bytes of the request's body, or CHUNKED.

    Raises ProtocolFault 400: both Content-Length and Transfer-Encoding (httpd lets the latter win; that is where
    requests are smuggled), two lengths, a length that is no number, any transfer coding but a single `chunked`, and one
    in HTTP/1.0.
    """
    length = -1
    coded = False
    cells = head.cells
    for index in range(head.count):
        number = cells[index * STRIDE + 4]
        if number == CONTENT_LENGTH:
            if length >= 0:
                raise ProtocolFault("two Content-Length fields", 400)
            length = decimal(head.value(index), MOST)
            if length < 0:
                raise ProtocolFault("Content-Length is not a number", 400)
        elif number == TRANSFER_ENCODING:
            if coded:
                raise ProtocolFault("two Transfer-Encoding fields", 400)
            if head.value(index).lower() != b"chunked":
                raise ProtocolFault("a transfer coding other than chunked", 400)
            if head.version < 11:
                raise ProtocolFault("Transfer-Encoding in an HTTP/1.0 request", 400)
            coded = True
    if coded:
        if length >= 0:
            raise ProtocolFault("both Content-Length and Transfer-Encoding", 400)
        return CHUNKED
    return length if length > 0 else 0


def response_body(head: ResponseHead, to_head: bool) -> int:
    """Bytes of the answer's body, CHUNKED or UNTIL_CLOSE; `to_head` says that the request was HEAD.

    Raises ProtocolFault 502: two different lengths, a length that is no number, any transfer coding but `chunked`
    (which may be said twice: applications that copy fields do).
    """
    status = head.status
    length = -1
    coded = False
    cells = head.cells
    for index in range(head.count):
        number = cells[index * STRIDE + 4]
        if number == CONTENT_LENGTH:
            again = decimal(head.value(index), MOST)
            if again < 0:
                raise ProtocolFault("the member's Content-Length is not a number", 502)
            if 0 <= length != again:
                raise ProtocolFault("the member's Content-Length fields differ", 502)
            length = again
        elif number == TRANSFER_ENCODING:
            if head.value(index).lower() != b"chunked":
                raise ProtocolFault("the member's transfer coding is not chunked", 502)
            coded = True
    if to_head or status < 200 or status == 204 or status == 304:
        return 0
    if coded:
        return CHUNKED
    return length if length >= 0 else UNTIL_CLOSE
