"""Answers as exchanges write them, taken apart for frames."""

from __future__ import annotations

import pytest

from evenflow.serve.http2.answers import CHUNK, CHUNK_LINE, ENDED, ENDLESS, HEAD, LENGTH, AnswerReader
from evenflow.wire.outlet import Outlet


def outlet(data: bytes) -> Outlet:
    out = Outlet()
    out.put(data)
    return out


def body_of(reader: AnswerReader, out: Outlet, most: int) -> bytes:
    """All that can be had, in pieces of at most `most` bytes."""
    body = b""
    while reader.state != ENDED:
        if reader.state == CHUNK_LINE:
            if not reader.read_line(out):
                break
            continue
        piece = reader.read_body(out, most)
        if not piece:
            break
        assert len(piece) <= most
        body += piece
    return body


def test_fields_of_the_connection_stay_behind() -> None:
    out = outlet(
        b"HTTP/1.1 200 Fine\r\nContent-Length: 3\r\nConnection: close\r\nKeep-Alive: timeout=5\r\nX-Y: Z\r\n\r\nabc"
    )
    reader = AnswerReader(False)
    assert reader.read_head(out) == [(b":status", b"200"), (b"content-length", b"3"), (b"x-y", b"Z")]
    assert (reader.state, reader.left) == (LENGTH, 3)
    assert body_of(reader, out, 2) == b"abc"
    assert reader.state == ENDED


def test_interim_heads_and_a_head_in_two_pieces() -> None:
    out = outlet(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n")
    reader = AnswerReader(False)
    assert reader.read_head(out) == [(b":status", b"103"), (b"link", b"x")]
    assert reader.state == HEAD
    assert reader.read_head(out) is None
    out.put(b"Content-Length: 0\r\n\r\n")
    assert reader.read_head(out) == [(b":status", b"200"), (b"content-length", b"0")]
    assert reader.state == ENDED


@pytest.mark.parametrize("most", [1, 3, 1000])
@pytest.mark.parametrize("step", [1, 2, 5, 1000])
def test_chunks_lose_their_framing(most: int, step: int) -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    data += b"5\r\nabcde\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"
    reader = AnswerReader(False)
    out = Outlet()
    body = b""
    for at in range(0, len(data), step):
        out.put(data[at : at + step])
        if reader.state == HEAD and reader.read_head(out) is None:
            continue
        body += body_of(reader, out, most)
    assert body == b"abcde0123456789abcdef"
    assert reader.state == ENDED and out.pending() == 0


def test_a_chunk_that_is_not_whole() -> None:
    out = outlet(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
    reader = AnswerReader(False)
    reader.read_head(out)
    assert reader.state == CHUNK_LINE
    assert body_of(reader, out, 100) == b"ab"
    assert (reader.state, reader.left) == (CHUNK, 3)


def test_until_the_end_of_the_connection() -> None:
    out = outlet(b"HTTP/1.0 200 OK\r\n\r\nabc")
    reader = AnswerReader(False)
    reader.read_head(out)
    assert reader.state == ENDLESS
    assert body_of(reader, out, 2) == b"abc"
    assert reader.state == ENDLESS


@pytest.mark.parametrize("status", [200, 204, 304])
def test_no_body(status: int) -> None:
    out = outlet(b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n" % status)
    reader = AnswerReader(status == 200)
    assert reader.read_head(out) == [(b":status", b"%d" % status)]
    assert reader.state == ENDED


def test_a_tunnel() -> None:
    out = outlet(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x01a")
    reader = AnswerReader(False)
    reader.read_head(out)
    assert (reader.state, reader.status) == (HEAD, 101)
    reader.open()
    assert body_of(reader, out, 100) == b"\x81\x01a"
