"""How long a body is follows from its head alone, and a head that leaves a doubt is refused."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenflow.wire.faults import ProtocolFault
from evenflow.wire.framing import CHUNKED, MOST, UNTIL_CLOSE, request_body, response_body
from evenflow.wire.http1 import RequestHead, ResponseHead


def request(fields: bytes, version: bytes = b"1.1") -> RequestHead:
    head = RequestHead()
    head.parse(b"POST /x HTTP/" + version + b"\r\nHost: a\r\n" + fields + b"\r\n")
    return head


def response(fields: bytes, status: int = 200, version: bytes = b"1.1") -> ResponseHead:
    head = ResponseHead()
    head.parse(b"HTTP/%b %d x\r\n" % (version, status) + fields + b"\r\n")
    return head


def test_the_three_kinds_of_answer_differ() -> None:
    assert CHUNKED < 0
    assert UNTIL_CLOSE < 0
    assert CHUNKED != UNTIL_CLOSE
    assert MOST == 2**62 - 1


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        (b"", 0),
        (b"Content-Length: 0\r\n", 0),
        (b"Content-Length: 5\r\n", 5),
        (b"content-LENGTH:5\r\n", 5),
        (b"Content-Length: \t 5 \t\r\n", 5),
        (b"Content-Length: 0005\r\n", 5),
        (b"Content-Length: " + b"0" * 100 + b"5\r\n", 5),
        (b"Content-Length: 2147483648\r\n", 2**31),
        (b"Content-Length: 4611686018427387903\r\n", 2**62 - 1),
        (b"Transfer-Encoding: chunked\r\n", CHUNKED),
        (b"Transfer-Encoding: Chunked\r\n", CHUNKED),
        (b"transfer-ENCODING:CHUNKED \r\n", CHUNKED),
        (b"Transfer-Encoding:\tchunked\r\n", CHUNKED),
        (b"Transfer_Encoding: chunked\r\n", 0),
        (b"Content_Length: 5\r\n", 0),
    ],
)
def test_a_request_says_how_long_its_body_is(fields: bytes, length: int) -> None:
    assert request_body(request(fields)) == length


DOUBTFUL: Final = {
    "both": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "both, the other way": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "both, of length 0": b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    "both, far from each other": b"Content-Length: 5\r\n" + b"A: b\r\n" * 60 + b"Transfer-Encoding: chunked\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n",
    "two equal lengths": b"Content-Length: 5\r\nContent-Length: 5\r\n",
    "two lengths, 0 first": b"Content-Length: 0\r\nContent-Length: 5\r\n",
    "a list of lengths": b"Content-Length: 5, 5\r\n",
    "a list without blank": b"Content-Length: 5,5\r\n",
    "a list that ends": b"Content-Length: 5,\r\n",
    "a sign": b"Content-Length: +5\r\n",
    "a negative length": b"Content-Length: -5\r\n",
    "minus nothing": b"Content-Length: -0\r\n",
    "an empty length": b"Content-Length:\r\n",
    "only blanks": b"Content-Length:  \t \r\n",
    "hexadecimal": b"Content-Length: 0x10\r\n",
    "hexadecimal digits": b"Content-Length: a\r\n",
    "a fraction": b"Content-Length: 5.0\r\n",
    "an exponent": b"Content-Length: 1e1\r\n",
    "an underscore": b"Content-Length: 1_0\r\n",
    "two numbers": b"Content-Length: 5 5\r\n",
    "quoted": b'Content-Length: "5"\r\n',
    "a semicolon": b"Content-Length: 5;\r\n",
    "fullwidth digits": "Content-Length: \uff15\r\n".encode(),
    "a no-break blank": b"Content-Length: 5\xa0\r\n",
    "one too many": b"Content-Length: 4611686018427387904\r\n",
    "2**63": b"Content-Length: 9223372036854775808\r\n",
    "2**64 and 5": b"Content-Length: 18446744073709551621\r\n",
    "2**128 and 5": b"Content-Length: 340282366920938463463374607431768211461\r\n",
    "a thousand digits": b"Content-Length: " + b"9" * 1000 + b"\r\n",
    "chunked twice": b"Transfer-Encoding: chunked, chunked\r\n",
    "chunked in two fields": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "gzip first": b"Transfer-Encoding: gzip, chunked\r\n",
    "gzip in a field before": b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
    "gzip last": b"Transfer-Encoding: chunked, gzip\r\n",
    "identity": b"Transfer-Encoding: identity\r\n",
    "identity behind": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "another coding": b"Transfer-Encoding: xchunked\r\n",
    "a longer word": b"Transfer-Encoding: chunkedx\r\n",
    "an empty coding": b"Transfer-Encoding:\r\n",
    "an empty element": b"Transfer-Encoding: ,chunked\r\n",
    "an empty element behind": b"Transfer-Encoding: chunked,\r\n",
    "a parameter": b"Transfer-Encoding: chunked;a=b\r\n",
    "quotes": b'Transfer-Encoding: "chunked"\r\n',
    "bytes that lower case touches elsewhere": "Transfer-Encoding: chun\u212aed\r\n".encode(),
    "a no-break blank before": b"Transfer-Encoding: \xa0chunked\r\n",
}


@pytest.mark.parametrize("fields", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_doubtful_request_is_refused(fields: bytes) -> None:
    head = request(fields)
    with pytest.raises(ProtocolFault) as caught:
        request_body(head)
    assert caught.value.status == 400


def test_http_1_0_knows_no_transfer_codings() -> None:
    with pytest.raises(ProtocolFault) as caught:
        request_body(request(b"Transfer-Encoding: chunked\r\n", b"1.0"))
    assert caught.value.status == 400
    assert request_body(request(b"Content-Length: 5\r\n", b"1.0")) == 5


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        (b"", UNTIL_CLOSE),
        (b"Content-Length: 0\r\n", 0),
        (b"Content-Length: 5\r\n", 5),
        (b"Content-Length: 5\r\nContent-Length: 5\r\n", 5),
        (b"Content-Length: 5\r\nContent-Length: 005\r\n", 5),
        (b"Transfer-Encoding: chunked\r\n", CHUNKED),
        (b"Transfer-Encoding: CHUNKED\r\n", CHUNKED),
        # Applications that copy fields say it twice; httpd bears it.
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", CHUNKED),
        # The coding wins, as in httpd: here nobody else reads the same bytes.
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", CHUNKED),
    ],
)
def test_an_answer_says_how_long_its_body_is(fields: bytes, length: int) -> None:
    assert response_body(response(fields), False) == length
    assert response_body(response(fields, version=b"1.0"), False) == length


@pytest.mark.parametrize("fields", [b"", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"])
@pytest.mark.parametrize(
    ("status", "to_head", "bodiless"),
    [
        (100, False, True),
        (101, False, True),
        (199, False, True),
        (200, False, False),
        (200, True, True),
        (204, False, True),
        (205, False, False),
        (206, False, False),
        (304, False, True),
        (404, False, False),
        (404, True, True),
        (999, False, False),
    ],
)
def test_some_answers_have_no_body_whatever_they_say(fields: bytes, status: int, to_head: bool, bodiless: bool) -> None:
    assert (response_body(response(fields, status), to_head) == 0) is bodiless


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 0\r\nContent-Length: 5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length:\r\n",
        b"Content-Length: 4611686018427387904\r\n",
        b"Content-Length: 18446744073709551621\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding:\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
    ],
)
@pytest.mark.parametrize("to_head", [False, True])
def test_a_doubtful_answer_is_the_member_s_fault(fields: bytes, to_head: bool) -> None:
    with pytest.raises(ProtocolFault) as caught:
        response_body(response(fields), to_head)
    assert caught.value.status == 502


@settings(deadline=None)
@given(st.integers(0, 2**70), st.integers(0, 5))
def test_every_length_is_read_or_refused(length: int, zeros: int) -> None:
    fields = b"Content-Length: %b%d\r\n" % (b"0" * zeros, length)
    if length <= MOST:
        assert request_body(request(fields)) == length
        assert response_body(response(fields), False) == length
        return
    with pytest.raises(ProtocolFault):
        request_body(request(fields))
    with pytest.raises(ProtocolFault):
        response_body(response(fields), False)
